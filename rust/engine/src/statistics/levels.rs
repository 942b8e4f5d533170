//! The cheapest description of a series as a sequence of levels: each point costs by its distance, each new level a penalty.
//!
//! Levels come from a grid, so that the exact minimum takes one pass over points and grid. Distances count as in Huber's
//! loss up to a cap: one or two points far away never pay for a level of their own.

use super::noise::Noise;
use super::rank::median;

/// Distance up to which a point's cost grows as its square, standard deviations.
const KNEE: f32 = 1.345;
/// Points that may lie anywhere without being a level.
const N_SPIKE: f32 = 2.0;
/// Distance of two levels of the grid, standard deviations.
const SPACING: f64 = 0.25;
const MOST_LEVELS: usize = 256;
/// Levels looked at together, so that the compiler uses vectors.
const LANES: usize = 8;

/// Where a new level begins, without the first; `values` hold at least one number, `noise` is not 0.
pub(super) fn level_starts(values: &[f64], noise: &Noise, penalty: f64) -> Vec<usize> {
    let unit = noise.sd;
    let centre = median(&mut values.to_vec());
    let scaled: Vec<f32> = values.iter().map(|value| ((value - centre) / unit) as f32).collect();
    Grid::new(&scaled).starts(&scaled, penalty as f32)
}

struct Grid {
    levels: Vec<[f32; LANES]>,
}

impl Grid {
    /// Levels where there are values, about evenly spaced.
    fn new(values: &[f32]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        let mut spacing = SPACING as f32;
        let mut levels = spaced(&sorted, spacing);
        while levels.len() > MOST_LEVELS {
            spacing *= 1.25;
            levels = spaced(&sorted, spacing);
        }
        // A level that stands twice changes nothing.
        let last = levels[levels.len() - 1];
        levels.resize(levels.len().next_multiple_of(LANES), last);
        let (lanes, _) = levels.as_chunks();
        Self { levels: lanes.to_vec() }
    }

    fn starts(&self, values: &[f32], penalty: f32) -> Vec<usize> {
        let cap = penalty * 2.0 / (N_SPIKE + 0.2);
        let mut state =
            State { cost: vec![[0.0; LANES]; self.levels.len()], start: vec![[0; LANES]; self.levels.len()] };
        // For each point, where the level began that would be the cheapest to end here.
        let began: Vec<u32> = values
            .iter()
            .enumerate()
            .map(|(k, &value)| state.step(&self.levels, k as u32, value, penalty, cap))
            .collect();
        let mut starts = Vec::new();
        let mut end = values.len();
        while end > 0 {
            end = began[end - 1] as usize;
            starts.push(end);
        }
        starts.pop(); // the first level begins at 0
        starts.reverse();
        starts
    }
}

/// Each kept level is the first that lies `spacing` or more above the last.
fn spaced(sorted: &[f32], spacing: f32) -> Vec<f32> {
    let mut kept: Vec<f32> = Vec::new();
    for &value in sorted {
        if kept.last().is_none_or(|last| value - last >= spacing) {
            kept.push(value);
        }
    }
    kept
}

/// The cheapest description up to a point for each level it may end on, above the cheapest of all.
struct State {
    cost: Vec<[f32; LANES]>,
    start: Vec<[u32; LANES]>,
}

impl State {
    /// Takes one more point; where the level began on which the cheapest description ends.
    fn step(&mut self, levels: &[[f32; LANES]], k: u32, value: f32, penalty: f32, cap: f32) -> u32 {
        let mut least = [f32::INFINITY; LANES];
        for ((cost, start), level) in self.cost.iter_mut().zip(&mut self.start).zip(levels) {
            for lane in 0..LANES {
                let away = (value - level[lane]).abs();
                let near = if away < KNEE { away } else { KNEE };
                let loss = near * (2.0 * away - near);
                let loss = if loss < cap { loss } else { cap };
                let is_new = cost[lane] > penalty;
                start[lane] = if is_new { k } else { start[lane] };
                cost[lane] = if is_new { penalty } else { cost[lane] } + loss;
                least[lane] = if cost[lane] < least[lane] { cost[lane] } else { least[lane] };
            }
        }
        let least = least.into_iter().fold(f32::INFINITY, f32::min);
        let mut began = 0;
        for (cost, start) in self.cost.iter_mut().zip(&self.start) {
            for lane in 0..LANES {
                cost[lane] -= least;
                began = if cost[lane] == 0.0 { start[lane] } else { began };
            }
        }
        began
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn loss(value: f32, level: f32, cap: f32) -> f32 {
        let away = (value - level).abs();
        let near = away.min(KNEE);
        (near * (2.0 * away - near)).min(cap)
    }

    /// Cost of a description whose levels begin at these places, each level the best of the grid.
    fn cost(values: &[f32], starts: &[usize], penalty: f32) -> f32 {
        let cap = penalty * 2.0 / (N_SPIKE + 0.2);
        let grid: Vec<f32> = Grid::new(values).levels.concat();
        let edges: Vec<usize> = [&[0], starts, &[values.len()]].concat();
        let of = |points: &[f32]| {
            grid.iter().map(|&level| points.iter().map(|&v| loss(v, level, cap)).sum::<f32>()).fold(f32::MAX, f32::min)
        };
        edges.windows(2).map(|edge| of(&values[edge[0]..edge[1]])).sum::<f32>() + penalty * starts.len() as f32
    }

    proptest! {
        #[test]
        fn no_other_description_is_cheaper(values in proptest::collection::vec(-8.0..8.0_f32, 1..9), penalty in 0.5..12.0_f32) {
            let found = cost(&values, &Grid::new(&values).starts(&values, penalty), penalty);
            for picks in 0..1_u32 << (values.len() - 1) {
                let starts: Vec<usize> = (1..values.len()).filter(|k| picks >> (k - 1) & 1 == 1).collect();
                prop_assert!(found <= cost(&values, &starts, penalty) + 1e-3, "{starts:?}");
            }
        }
    }

    #[test]
    fn a_spike_is_no_level_and_three_points_are() {
        let mut values = vec![0.0_f32; 40];
        values[20] = 100.0;
        values[21] = 100.0;
        assert!(Grid::new(&values).starts(&values, 10.0).is_empty());
        values[22] = 100.0;
        assert_eq!(Grid::new(&values).starts(&values, 10.0), [20, 23]);
    }

    #[test]
    fn the_grid_stays_small_however_wide_the_values() {
        let values: Vec<f32> = (0..5000).map(|k| k as f32).collect();
        assert!(Grid::new(&values).levels.len() * LANES <= MOST_LEVELS);
    }
}
