//! Keys by content: 128 bits of XXH3 over the parts that make up a value.

use xxhash_rust::xxh3::Xxh3Default;

/// Hash of parts, each with its length, so that where one ends counts too.
#[derive(Clone, Default)]
pub struct Content(Xxh3Default);

impl Content {
    /// Adds a part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// The hash of all parts so far.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        self.0.digest128().to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&[u8]]) -> [u8; 16] {
        let mut content = Content::default();
        parts.iter().for_each(|part| content.add(part));
        content.digest()
    }

    #[test]
    fn where_a_part_ends_counts() {
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"ab"]), of(&[b"ab", b""]));
    }

    #[test]
    fn equal_parts_have_equal_hashes() {
        assert_eq!(of(&[b"ab", &[0; 1000]]), of(&[b"ab", &[0; 1000]]));
    }
}
