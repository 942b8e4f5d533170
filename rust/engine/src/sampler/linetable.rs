//! The location table of a code object (CPython 3.11 on, `Objects/locations.md`): which line each instruction belongs to.

/// Lines by instruction, as runs: each ends before a code unit (2 bytes) and has one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LineTable {
    runs: Vec<(u32, Option<i32>)>,
}

impl LineTable {
    /// Decodes the table's bytes; stops at the first entry that makes no sense.
    pub fn decode(table: &[u8], first_line: i32) -> Self {
        let mut runs: Vec<(u32, Option<i32>)> = Vec::new();
        let (mut line, mut end) = (first_line, 0_u32);
        let mut bytes = table.iter().copied();
        while let Some(head) = bytes.next() {
            end += u32::from(head & 7) + 1;
            let kind = (head >> 3) & 15;
            let here = match kind {
                15 => None,
                14 => {
                    let delta = signed(&mut bytes);
                    for _ in 0..3 {
                        unsigned(&mut bytes);
                    }
                    line = line.wrapping_add(delta);
                    Some(line)
                }
                13 => {
                    line = line.wrapping_add(signed(&mut bytes));
                    Some(line)
                }
                10..=12 => {
                    bytes.nth(1);
                    line = line.wrapping_add(i32::from(kind) - 10);
                    Some(line)
                }
                _ => {
                    bytes.next();
                    Some(line)
                }
            };
            match runs.last_mut() {
                Some(last) if last.1 == here => last.0 = end,
                _ => runs.push((end, here)),
            }
        }
        Self { runs }
    }

    /// The line of the instruction at `unit`; `None` outside the table and for instructions without one.
    pub fn line_of(&self, unit: u32) -> Option<i32> {
        let k = self.runs.partition_point(|&(end, _)| end <= unit);
        self.runs.get(k).and_then(|&(_, line)| line)
    }
}

fn unsigned(bytes: &mut impl Iterator<Item = u8>) -> u32 {
    let (mut value, mut shift) = (0_u32, 0);
    for byte in bytes {
        value |= u32::from(byte & 63).checked_shl(shift).unwrap_or(0);
        shift += 6;
        if byte & 64 == 0 {
            break;
        }
    }
    value
}

fn signed(bytes: &mut impl Iterator<Item = u8>) -> i32 {
    let raw = unsigned(bytes);
    let magnitude = (raw >> 1) as i32;
    if raw & 1 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_of_entry_is_decoded() {
        // short (same line, 2 units), one-line +1 (1 unit), no column -1 (1 unit), no location (1 unit), long +9 (1 unit)
        let table = [
            0x80 | 1,
            0x11,
            0x80 | (11 << 3),
            1,
            2,
            0x80 | (13 << 3),
            3,
            0x80 | (15 << 3),
            0x80 | (14 << 3),
            18,
            0,
            1,
            1,
        ];
        let lines = LineTable::decode(&table, 10);
        let seen: Vec<_> = (0..7).map(|unit| lines.line_of(unit)).collect();
        assert_eq!(seen, [Some(10), Some(10), Some(11), Some(10), None, Some(19), None]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_without_panic(table in proptest::collection::vec(any::<u8>(), 0..200), first in any::<i32>(), unit in any::<u32>()) {
            LineTable::decode(&table, first).line_of(unit);
        }
    }
}
