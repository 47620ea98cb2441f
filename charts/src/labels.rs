//! Texts that must not lie on each other.

/// Height of a line of text, in pixels.
pub(crate) const LINE_HEIGHT: f64 = 14.0;

/// Estimated width of a letter of 12 pixels, in pixels: generous, so that nothing collides.
const LETTER_WIDTH: f64 = 7.2;

/// Estimated width of a text, in pixels.
pub(crate) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER_WIDTH
}

/// The text cut to a width in pixels; empty if not even a few characters fit.
pub(crate) fn shorten(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let room = (width / LETTER_WIDTH) as usize;
    if room < 5 {
        return String::new();
    }
    let cut: String = text.chars().take(room - 1).collect();
    format!("{}…", cut.trim_end())
}

/// Heights of texts moved apart: each as near to its wish as the others and the borders allow,
/// in the order of the wishes.
pub(crate) fn spread(wishes: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by(|&one, &other| wishes[one].total_cmp(&wishes[other]));
    let mut places = wishes.to_vec();
    let mut least = top;
    for &index in &order {
        places[index] = places[index].max(least);
        least = places[index] + LINE_HEIGHT;
    }
    let mut most = bottom;
    for &index in order.iter().rev() {
        places[index] = places[index].min(most);
        most = places[index] - LINE_HEIGHT;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_would_collide_move_apart_in_order() {
        assert_eq!(spread(&[50.0, 10.0, 52.0], 0.0, 100.0), [50.0, 10.0, 64.0]);
    }

    #[test]
    fn texts_stay_inside_the_borders() {
        assert_eq!(spread(&[99.0, 98.0], 0.0, 100.0), [100.0, 86.0]);
        assert_eq!(spread(&[-5.0], 0.0, 100.0), [0.0]);
    }

    #[test]
    fn long_texts_are_cut_and_hopeless_ones_left_out() {
        assert_eq!(shorten("apply green", 100.0), "apply green");
        assert_eq!(shorten("kubectl apply -f green.yaml", 60.0), "kubectl…");
        assert_eq!(shorten("kubectl apply", 20.0), "");
    }
}
