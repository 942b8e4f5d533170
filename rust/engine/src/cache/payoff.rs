//! Whether loading ahead pays: what was loaded is used, or leaves unused.

use super::links::NONE;
use super::policy::Id;

/// Loads ahead whose fate is known, after which is decided anew; half of them still count in the next decision.
const FATES_A_DECISION: u32 = 64;
/// Of so many guesses that were only made, not loaded, fewer may be wrong than of those that are loaded.
const GUESSES_FOR_ONE_WRONG: u32 = 4;

/// Loads on demand, or spared by one ahead, for one that may be wasted: so all loads stay within a twentieth of what they
/// would have been.
const LOADS_A_WASTE: i64 = 28;
/// Waste that is allowed from the start.
const FIRST_CREDIT: i64 = 8;

/// Loads ahead go on while at least half of them are used. Then guesses are only compared with what is asked for next, until
/// three in four are right.
#[derive(Clone, Debug)]
pub(super) struct Payoff {
    pays: bool,
    n_used: u32,
    n_wasted: u32,
    /// What was guessed and not loaded.
    guess: Id,
    /// What may be wasted yet, in loads on demand that pay for it.
    credit: i64,
}

impl Default for Payoff {
    fn default() -> Self {
        Self { pays: true, n_used: 0, n_wasted: 0, guess: NONE, credit: FIRST_CREDIT * LOADS_A_WASTE }
    }
}

impl Payoff {
    #[inline]
    pub fn pays(&self) -> bool {
        self.pays && self.credit > 0
    }

    /// Something was loaded on demand.
    #[inline]
    pub fn note_demand(&mut self) {
        self.credit += 1;
    }

    /// What was loaded ahead was asked for.
    #[inline]
    pub fn note_used(&mut self) {
        self.credit += 1;
        if self.pays {
            self.note(true);
        }
    }

    /// What was loaded ahead left, and nobody had asked for it.
    #[inline]
    pub fn note_wasted(&mut self) {
        self.credit -= LOADS_A_WASTE;
        if self.pays {
            self.note(false);
        }
    }

    /// Something is asked for: was it what would have been loaded?
    #[inline]
    pub fn note_request(&mut self, id: Id) {
        if self.guess != NONE {
            let is_right = self.guess == id;
            self.guess = NONE;
            self.note(is_right);
        }
    }

    /// Loads nothing, but remembers what it would have been.
    #[inline]
    pub fn guess(&mut self, id: Id) {
        self.guess = id;
    }

    #[inline]
    fn note(&mut self, is_good: bool) {
        self.n_used += u32::from(is_good);
        self.n_wasted += u32::from(!is_good);
        let n_fates = self.n_used + self.n_wasted;
        if n_fates >= FATES_A_DECISION {
            let least_used = if self.pays { n_fates / 2 } else { n_fates - n_fates / GUESSES_FOR_ONE_WRONG };
            self.pays = self.n_used >= least_used;
            (self.n_used, self.n_wasted) = (self.n_used / 2, self.n_wasted / 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_waste() -> Payoff {
        let mut payoff = Payoff::default();
        (0..FATES_A_DECISION).for_each(|_| payoff.note_wasted());
        payoff
    }

    #[test]
    fn it_pays_while_half_is_used() {
        let mut payoff = Payoff::default();
        for _ in 0..1000 {
            payoff.note_used();
            payoff.note_wasted();
            (0..LOADS_A_WASTE).for_each(|_| payoff.note_demand());
        }
        assert!(payoff.pays());
    }

    #[test]
    fn it_waits_when_much_is_wasted_beside_few_demands() {
        let mut payoff = Payoff::default();
        for _ in 0..2 * FIRST_CREDIT {
            payoff.note_used();
            payoff.note_wasted();
        }
        assert!(!payoff.pays());
        (0..2 * FIRST_CREDIT * LOADS_A_WASTE).for_each(|_| payoff.note_demand());
        assert!(payoff.pays());
    }

    #[test]
    fn it_stops_when_most_is_wasted() {
        assert!(!after_waste().pays());
    }

    #[test]
    fn right_guesses_bring_it_back_and_wrong_ones_do_not() {
        let (mut right, mut wrong) = (after_waste(), after_waste());
        for id in 0..10_000 {
            right.guess(id);
            right.note_request(id);
            wrong.guess(id);
            wrong.note_request(id + 1);
            right.note_demand();
            wrong.note_demand();
        }
        assert!(right.pays());
        assert!(!wrong.pays());
    }
}
