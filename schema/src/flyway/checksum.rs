//! The checksum of a migration's text.

/// The checksum of a file: CRC-32 of its lines without their ends, as a signed number (FW-03).
pub fn checksum(text: &str) -> i32 {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut hasher = crc32fast::Hasher::new();
    for line in text.split('\n').flat_map(|line| line.split('\r')) {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_flyway_whatever_ends_a_line_fw_03_ofw_1_ofw_2() {
        for end in ["", "\n", "\r\n"] {
            assert_eq!(checksum(&format!("CREATE TABLE t (id int);{end}")), 92_137_680);
            let two = ["ALTER TABLE t ADD COLUMN email text;", "CREATE INDEX i ON t(email);"];
            assert_eq!(checksum(&two.join(if end.is_empty() { "\n" } else { end })), 355_540_437);
        }
        assert_eq!(checksum("\u{feff}CREATE TABLE t (id int);"), 92_137_680);
        assert_ne!(checksum("CREATE TABLE t (id int) ;"), 92_137_680);
    }
}
