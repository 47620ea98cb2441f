//! Columns of text, aligned as Go's `text/tabwriter` does it, which kubectl prints with.
//!
//! A cell is ended by a tab; what follows a line's last tab is not part of any column. A column is a
//! run of neighbouring lines that have a cell there, so a line without tabs separates tables.

/// Smallest width of a cell and space between cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Smallest width of a cell, space included.
    pub(crate) min_width: usize,
    /// Space between cells.
    pub(crate) padding: usize,
}

/// `kubectl get`.
pub(crate) const GET: Layout = Layout { min_width: 6, padding: 3 };
/// `istioctl proxy-status` and `proxy-config`.
pub(crate) const ISTIOCTL: Layout = Layout { min_width: 0, padding: 5 };
/// `istioctl proxy-config listener`.
pub(crate) const LISTENERS: Layout = Layout { min_width: 0, padding: 1 };
/// `kubectl describe`.
pub(crate) const DESCRIBE: Layout = Layout { min_width: 0, padding: 2 };

/// Aligns text whose cells end with tabs.
pub(crate) fn align(text: &str, layout: Layout) -> String {
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let mut out = String::with_capacity(text.len() * 2);
    format(&lines, &mut Vec::new(), layout, &mut out);
    out
}

/// Aligns rows of cells.
pub(crate) fn rows<R: AsRef<[String]>>(rows: impl IntoIterator<Item = R>) -> String {
    rows_in(GET, rows)
}

/// The same in another layout.
pub(crate) fn rows_in<R: AsRef<[String]>>(
    layout: Layout,
    rows: impl IntoIterator<Item = R>,
) -> String {
    let text: String =
        rows.into_iter().map(|row| row.as_ref().join("\t").replace('\n', " ") + "\n").collect();
    align(&text, layout)
}

fn format(lines: &[Vec<&str>], widths: &mut Vec<usize>, layout: Layout, out: &mut String) {
    let column = widths.len();
    let has_cell = |line: &Vec<&str>| column + 1 < line.len();
    let mut rest = lines;
    while let Some(start) = rest.iter().position(has_cell) {
        write(&rest[..start], widths, out);
        rest = &rest[start..];
        let length = rest.iter().position(|line| !has_cell(line)).unwrap_or(rest.len());
        let block = &rest[..length];
        let widest = block.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        widths.push((widest + layout.padding).max(layout.min_width));
        format(block, widths, layout, out);
        widths.pop();
        rest = &rest[length..];
    }
    write(rest, widths, out);
}

fn write(lines: &[Vec<&str>], widths: &[usize], out: &mut String) {
    for line in lines {
        for (index, cell) in line.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(index) {
                let used = cell.chars().count();
                out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
            }
        }
        out.push('\n');
    }
}
