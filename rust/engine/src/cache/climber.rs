//! A size that follows the hit rate uphill.

/// Share of the places by which the window changes first.
const FIRST_STEP: f64 = 0.0625;
/// By how much each step is shorter than the last.
const DECAY: f64 = 0.98;
/// A change of the hit rate that means another workload: the steps begin anew.
const RESTART: f64 = 0.05;

/// How large the window of W-TinyLFU is: it goes on in the direction that raised the hit rate, and turns round otherwise.
#[derive(Clone, Debug)]
pub(super) struct Climber {
    window: usize,
    step: f64,
    n_hits: usize,
    n_requests: usize,
    last_hit_fraction: f64,
}

impl Climber {
    /// A hundredth of the places, and at least one.
    pub fn new(capacity: usize) -> Self {
        let step = FIRST_STEP * capacity as f64;
        Self { window: (capacity / 100).max(1), step, n_hits: 0, n_requests: 0, last_hit_fraction: 0.0 }
    }

    /// Places of the window.
    #[inline]
    pub fn window(&self) -> usize {
        self.window
    }

    #[inline]
    pub fn note(&mut self, is_hit: bool) {
        self.n_requests += 1;
        self.n_hits += usize::from(is_hit);
    }

    /// Takes one step, from what was noted since the last.
    pub fn climb(&mut self, capacity: usize) {
        let hit_fraction = self.n_hits as f64 / self.n_requests.max(1) as f64;
        let change = hit_fraction - self.last_hit_fraction;
        let step = if change >= 0.0 { self.step } else { -self.step };
        self.last_hit_fraction = hit_fraction;
        (self.n_hits, self.n_requests) = (0, 0);
        let most = (capacity - 1).max(1);
        self.window = ((self.window as f64 + step).round().max(1.0) as usize).min(most);
        let again = FIRST_STEP * capacity as f64;
        self.step = if change.abs() >= RESTART { again.copysign(step) } else { DECAY * step };
    }
}
