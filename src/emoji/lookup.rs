//! Texts by hash, found without an allocation: the few values of a set, the few keys of a configuration.

/// Longest text that is made lower-case in place.
const SHORT: usize = 32;

/// Numbered texts, at most 65,535.
#[derive(Debug)]
pub(super) struct Table {
    /// Numbers from 1, by hash; zero is a free place. Its length is a power of two, and at least half of it is free.
    places: Box<[u16]>,
    keys: Box<[Box<[u8]>]>,
    longest: usize,
}

impl Table {
    /// Numbers the keys by their order; of equal ones the first counts.
    pub(super) fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Table {
        let keys: Box<[Box<[u8]>]> =
            keys.into_iter().take(u16::MAX.into()).map(|key| key.as_bytes().into()).collect();
        let mut places = vec![0_u16; (2 * keys.len()).next_power_of_two().max(2)];
        for (at, key) in keys.iter().enumerate() {
            let mut place = hash(key) & (places.len() - 1);
            while places[place] != 0 {
                place = (place + 1) & (places.len() - 1);
            }
            places[place] = at as u16 + 1;
        }
        let longest = keys.iter().map(|key| key.len()).max().unwrap_or(0);
        Table { places: places.into(), keys, longest }
    }

    /// The number of exactly this text.
    #[inline]
    pub(super) fn find(&self, text: &[u8]) -> Option<u16> {
        let mask = self.places.len() - 1;
        let mut place = hash(text) & mask;
        loop {
            let at = self.places[place].checked_sub(1)?;
            if *self.keys[usize::from(at)] == *text {
                return Some(at);
            }
            place = (place + 1) & mask;
        }
    }

    /// The number of the text in lower case.
    #[inline]
    pub(super) fn find_lower(&self, text: &[u8]) -> Option<u16> {
        match [0; SHORT].get_mut(..text.len()) {
            Some(lower) if text.is_ascii() => {
                if text.len() > self.longest {
                    return None;
                }
                lower.copy_from_slice(text);
                lower.make_ascii_lowercase();
                self.find(lower)
            }
            _ => self.find_long(text),
        }
    }

    #[cold]
    fn find_long(&self, text: &[u8]) -> Option<u16> {
        // A character of three bytes may have one of a single byte as its small form.
        if text.len() > 3 * self.longest {
            return None;
        }
        self.find(std::str::from_utf8(text).ok()?.to_lowercase().as_bytes())
    }
}

/// Length and both ends: enough to tell short words apart.
#[inline(always)]
fn hash(text: &[u8]) -> usize {
    let (head, tail) = if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
        (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
    } else if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
        (u32::from_le_bytes(*head).into(), u32::from_le_bytes(*tail).into())
    } else {
        let at = |at: usize| u64::from(text.get(at).copied().unwrap_or(0));
        (at(0) | at(1) << 8 | at(2) << 16, 0)
    };
    let mixed =
        (head ^ tail.rotate_left(29) ^ text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let words: Vec<String> = (0..500).map(|n| format!("word_{n}_of_many")).collect();
        let table = Table::new(words.iter().map(String::as_str).chain(["", "a", "é", "get"]));
        for (at, word) in words.iter().enumerate() {
            assert_eq!(table.find(word.as_bytes()), Some(at as u16));
            assert_eq!(table.find_lower(word.to_uppercase().as_bytes()), Some(at as u16));
        }
        for (at, word) in ["", "A", "É", "GeT"].into_iter().enumerate() {
            assert_eq!(table.find_lower(word.as_bytes()), Some(500 + at as u16), "{word}");
        }
        for word in ["get ", "b", "word_500_of_many", "É!", &"x".repeat(100)] {
            assert_eq!(table.find_lower(word.as_bytes()), None);
        }
        assert_eq!(table.find_lower(&[0xFF, 0xFE]), None);
    }
}
