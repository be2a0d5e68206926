//! Texts by hash, found without an allocation: the few values of a set, the few keys of a configuration.

/// Bytes that the two words of a text show, so that nothing else has to be compared.
const SHOWN: usize = 16;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES << 7;

/// Numbered texts, at most 65,535.
#[derive(Debug)]
pub(super) struct Table {
    /// Numbers from 1, by hash; zero is a free place. Its length is a power of two, and at least half of it is free.
    places: Box<[u16]>,
    keys: Box<[(Words, Box<[u8]>)]>,
    longest: usize,
}

/// Length and both ends of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Words {
    len: usize,
    head: u64,
    tail: u64,
}

impl Table {
    /// Numbers the keys by their order; of equal ones the first counts.
    pub(super) fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Table {
        let keys = keys.into_iter().take(u16::MAX.into()).map(str::as_bytes);
        let keys: Box<[(Words, Box<[u8]>)]> =
            keys.map(|key| (Words::new(key), key.into())).collect();
        let mut places = vec![0_u16; (2 * keys.len()).next_power_of_two().max(2)];
        for (at, (words, _)) in keys.iter().enumerate() {
            let mut place = words.hash() & (places.len() - 1);
            while places[place] != 0 {
                place = (place + 1) & (places.len() - 1);
            }
            places[place] = at as u16 + 1;
        }
        let longest = keys.iter().map(|(_, key)| key.len()).max().unwrap_or(0);
        Table { places: places.into(), keys, longest }
    }

    /// The number of exactly this text.
    #[inline]
    pub(super) fn find(&self, text: &[u8]) -> Option<u16> {
        self.search(Words::new(text), || text)
    }

    /// The number of the text in lower case.
    #[inline]
    pub(super) fn find_lower(&self, text: &[u8]) -> Option<u16> {
        let words = Words::new(text);
        if text.len() <= SHOWN && (words.head | words.tail) & HIGHS == 0 {
            self.search(words.lower(), || b"")
        } else {
            self.find_long(text)
        }
    }

    /// `text` is asked for where the words do not show all of it.
    #[inline(always)]
    fn search<'t>(&self, words: Words, text: impl Fn() -> &'t [u8]) -> Option<u16> {
        let mask = self.places.len() - 1;
        let mut place = words.hash() & mask;
        loop {
            let at = self.places[place].checked_sub(1)?;
            let (known, key) = &self.keys[usize::from(at)];
            if *known == words && (words.len <= SHOWN || **key == *text()) {
                return Some(at);
            }
            place = (place + 1) & mask;
        }
    }

    #[inline(never)]
    fn find_long(&self, text: &[u8]) -> Option<u16> {
        // A character of three bytes may have one of a single byte as its small form.
        if text.len() > 3 * self.longest {
            return None;
        }
        self.find(std::str::from_utf8(text).ok()?.to_lowercase().as_bytes())
    }
}

impl Words {
    #[inline(always)]
    fn new(text: &[u8]) -> Words {
        let (head, tail) = if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk())
        {
            (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
        } else if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
            (u32::from_le_bytes(*head).into(), u32::from_le_bytes(*tail).into())
        } else if let [first, .., last] = text {
            let middle = text[text.len() / 2];
            (u64::from(*first) | u64::from(middle) << 8 | u64::from(*last) << 16, 0)
        } else {
            (text.first().copied().unwrap_or(0).into(), 0)
        };
        Words { len: text.len(), head, tail }
    }

    /// The same of the text in lower case. It is ASCII.
    #[inline(always)]
    fn lower(self) -> Words {
        let lower = |word: u64| {
            // The high bit of a byte tells whether it is at least `A`, or beyond `Z`.
            let from_a = word + ONES * u64::from(0x80 - b'A');
            let beyond_z = word + ONES * u64::from(0x7F - b'Z');
            word | ((from_a ^ beyond_z) & HIGHS) >> 2
        };
        Words { len: self.len, head: lower(self.head), tail: lower(self.tail) }
    }

    #[inline(always)]
    fn hash(self) -> usize {
        let mixed = self.head ^ self.tail.rotate_left(29) ^ self.len as u64;
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let words: Vec<String> = (0..500).map(|n| format!("word_{n}_of_many")).collect();
        let table =
            Table::new(words.iter().map(String::as_str).chain(["", "a", "é", "get", "to@[z`{"]));
        for (at, word) in words.iter().enumerate() {
            assert_eq!(table.find(word.as_bytes()), Some(at as u16));
            assert_eq!(table.find_lower(word.to_uppercase().as_bytes()), Some(at as u16));
        }
        for (at, word) in ["", "A", "É", "GeT", "TO@[Z`{"].into_iter().enumerate() {
            assert_eq!(table.find_lower(word.as_bytes()), Some(500 + at as u16), "{word}");
        }
        for word in ["get ", "b", "word_500_of_many", "É!", &"x".repeat(100)] {
            assert_eq!(table.find_lower(word.as_bytes()), None);
        }
        assert_eq!(table.find_lower(&[0xFF, 0xFE]), None);
    }
}
