//! Base64 as the API writes bytes (RFC 4648, with padding).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as text.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Text as bytes. `Err` is the place of the first byte that is wrong, as Go counts it. Line breaks
/// are passed over.
pub fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::new();
    let mut digits: Vec<u8> = Vec::with_capacity(4);
    let mut padding = 0;
    for (place, letter) in text.bytes().enumerate().filter(|(_, c)| !b"\r\n".contains(c)) {
        let digit = ALPHABET.iter().position(|known| *known == letter);
        match digit {
            _ if digits.len() + padding == 4 => return Err(place),
            Some(digit) if padding == 0 => digits.push(digit as u8),
            None if letter == b'=' && 2 <= digits.len() => padding += 1,
            _ => return Err(place),
        }
        if digits.len() + padding == 4 {
            let digit = |index: usize| u32::from(digits.get(index).copied().unwrap_or(0));
            let word = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
            bytes.extend_from_slice(&word.to_be_bytes()[1..4 - padding]);
            if padding == 0 {
                digits.clear();
            }
        }
    }
    let is_whole = padding == 0 && digits.is_empty() || digits.len() + padding == 4;
    if is_whole { Ok(bytes) } else { Err(text.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        // The vectors of RFC 4648, section 10.
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text), Ok(plain.as_bytes().to_vec()));
        }
        assert_eq!(decode("Zm9v\nYmFy\n"), Ok(b"foobar".to_vec()));
    }

    #[test]
    fn plain_text_is_told_where_it_stops_to_be_base64() {
        for (text, place) in
            [("pass-word", 4), ("Zg=", 3), ("Zg==Zg==", 4), ("Z===", 1), ("Zm9", 3)]
        {
            assert_eq!(decode(text), Err(place), "{text}");
        }
    }
}
