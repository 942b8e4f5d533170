//! Numbers that come in even steps: what the next one will be.

/// Equal steps in a row, after which the next one is foretold.
const CONFIDENT: u8 = 2;
const MOST_CONFIDENT: u8 = 3;

/// Watches the numbers that are asked for, one after another.
#[derive(Clone, Debug, Default)]
pub struct Stride {
    last: Option<i64>,
    step: i64,
    confidence: u8,
}

impl Stride {
    /// Notes a number; the next one, where it can be told. One that is out of step costs confidence, and does not end it.
    #[inline]
    pub fn next_after(&mut self, number: i64) -> Option<i64> {
        let last = self.last.replace(number)?;
        let step = number.checked_sub(last).filter(|step| *step != 0)?;
        if step == self.step {
            self.confidence = (self.confidence + 1).min(MOST_CONFIDENT);
        } else {
            self.confidence = self.confidence.saturating_sub(1);
            if self.confidence == 0 {
                (self.step, self.confidence) = (step, 1);
            }
            return None;
        }
        number.checked_add(step).filter(|_| self.confidence >= CONFIDENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(numbers: &[i64]) -> Vec<Option<i64>> {
        let mut stride = Stride::default();
        numbers.iter().map(|number| stride.next_after(*number)).collect()
    }

    #[test]
    fn even_steps_are_foretold_from_the_second_on() {
        assert_eq!(follow(&[0, 8, 16, 24]), [None, None, Some(24), Some(32)]);
        assert_eq!(follow(&[5, 4, 3, 2]), [None, None, Some(2), Some(1)]);
    }

    #[test]
    fn one_jump_does_not_end_it() {
        assert_eq!(follow(&[0, 1, 2, 3, 100, 101, 102]), [None, None, Some(3), Some(4), None, Some(102), Some(103)]);
    }

    #[test]
    fn numbers_without_steps_foretell_nothing() {
        assert_eq!(follow(&[3, 3, 3, 3]), [None; 4]);
        assert_eq!(follow(&[1, 5, 2, 9, 3, 17]), [None; 6]);
    }

    #[test]
    fn the_ends_of_the_range_foretell_nothing() {
        assert_eq!(follow(&[i64::MAX - 2, i64::MAX - 1, i64::MAX, i64::MIN]), [None, None, None, None]);
    }
}
