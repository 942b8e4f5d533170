//! A call tree cut down to what can be seen.

use crate::EngineError;

/// What is left of a tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folded {
    /// Rows kept, each before those below it.
    pub rows: Vec<usize>,
    /// Seconds of each kept row's children that were left out.
    pub left_out_s: Vec<f64>,
}

/// Keeps the frames below `root` (-1: all roots) that take at least `min_fraction` of its time, at most `most` of them, the widest first.
///
/// # Errors
/// Where the columns differ in length, or a parent does not stand before its child.
pub fn fold_frames(
    parent: &[i64],
    own_s: &[f64],
    total_s: &[f64],
    root: i64,
    min_fraction: f64,
    most: usize,
) -> Result<Folded, EngineError> {
    let n = parent.len();
    if own_s.len() != n || total_s.len() != n {
        return Err(EngineError::Table(format!(
            "columns of {n}, {} and {} rows are no tree",
            own_s.len(),
            total_s.len()
        )));
    }
    if let Some(k) = (0..n).find(|&k| parent[k] >= k as i64 || parent[k] < -1) {
        return Err(EngineError::Table(format!(
            "row {k} has the parent {}: a parent stands before its child",
            parent[k]
        )));
    }
    if root < -1 || root >= n as i64 {
        return Err(EngineError::Table(format!("no frame {root}: there are {n}")));
    }
    let whole: f64 = match usize::try_from(root) {
        Ok(root) => total_s[root],
        Err(_) => (0..n).filter(|&k| parent[k] < 0).map(|k| total_s[k]).sum(),
    };
    let is_below = below(parent, root);
    let threshold = threshold(total_s, &is_below, min_fraction * whole, most);
    let kept = keep(parent, total_s, &is_below, threshold, most);
    Ok(order(parent, own_s, total_s, root, &kept))
}

fn below(parent: &[i64], root: i64) -> Vec<bool> {
    let mut is_below = vec![root < 0; parent.len()];
    if let Ok(root) = usize::try_from(root) {
        is_below[root] = true;
        for k in root + 1..parent.len() {
            is_below[k] = usize::try_from(parent[k]).is_ok_and(|p| is_below[p]);
        }
    }
    is_below
}

/// The width from which frames are kept so that at most `most` are.
fn threshold(total_s: &[f64], is_below: &[bool], least_s: f64, most: usize) -> f64 {
    let mut wide: Vec<f64> =
        (0..total_s.len()).filter(|&k| is_below[k] && total_s[k] >= least_s).map(|k| total_s[k]).collect();
    if wide.len() <= most || most == 0 {
        return least_s;
    }
    let (_, last, _) = wide.select_nth_unstable_by(most - 1, |a, b| b.total_cmp(a));
    *last
}

/// A frame is kept only with its caller; of frames as wide as the threshold the first ones are.
fn keep(parent: &[i64], total_s: &[f64], is_below: &[bool], threshold: f64, most: usize) -> Vec<bool> {
    let above = (0..total_s.len()).filter(|&k| is_below[k] && total_s[k] > threshold).count();
    let mut ties = most.saturating_sub(above);
    let mut kept = vec![false; parent.len()];
    for k in 0..parent.len() {
        let has_caller = usize::try_from(parent[k]).map_or(true, |p| kept[p] || !is_below[p]);
        if !is_below[k] || !has_caller || total_s[k] < threshold {
            continue;
        }
        if total_s[k] > threshold {
            kept[k] = true;
        } else if ties > 0 {
            ties -= 1;
            kept[k] = true;
        }
    }
    kept
}

fn order(parent: &[i64], own_s: &[f64], total_s: &[f64], root: i64, kept: &[bool]) -> Folded {
    let n = parent.len();
    // Children as linked lists: the last child first, so that a stack gives them back in order.
    let (mut first_child, mut next) = (vec![usize::MAX; n], vec![usize::MAX; n]);
    let mut open = Vec::new();
    for k in (0..n).rev().filter(|&k| kept[k]) {
        match usize::try_from(parent[k]) {
            Ok(p) if k as i64 != root => (next[k], first_child[p]) = (first_child[p], k),
            _ => open.push(k),
        }
    }
    let mut folded = Folded::default();
    let mut children = Vec::new();
    while let Some(k) = open.pop() {
        children.clear();
        let mut child = first_child[k];
        while child != usize::MAX {
            children.push(child);
            child = next[child];
        }
        let inner: f64 = children.iter().map(|&c| total_s[c]).sum();
        folded.rows.push(k);
        folded.left_out_s.push((total_s[k] - own_s[k] - inner).max(0.0));
        open.extend(children.iter().rev());
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tree of `n` frames with whole seconds of own time, parents before children.
    fn tree() -> impl Strategy<Value = (Vec<i64>, Vec<f64>, Vec<f64>)> {
        proptest::collection::vec((any::<u32>(), 0..20_u8), 1..60).prop_map(|draws| {
            let parent: Vec<i64> = draws.iter().enumerate().map(|(k, d)| i64::from(d.0) % (k as i64 + 1) - 1).collect();
            let own: Vec<f64> = draws.iter().map(|d| f64::from(d.1)).collect();
            let mut total = own.clone();
            for k in (0..total.len()).rev() {
                if let Ok(p) = usize::try_from(parent[k]) {
                    total[p] += total[k];
                }
            }
            (parent, own, total)
        })
    }

    proptest! {
        #[test]
        fn no_time_is_lost_below_a_kept_root((parent, own, total) in tree(), fraction in 0.0..0.5_f64, most in 1..80_usize) {
            let seen = fold_frames(&parent, &own, &total, -1, fraction, most);
            prop_assert!(seen.is_ok());
            let seen = seen.unwrap_or_default();
            prop_assert!(seen.rows.len() <= most);
            let kept_roots: f64 = seen.rows.iter().filter(|&&k| parent[k] < 0).map(|&k| total[k]).sum();
            let shown: f64 = seen.rows.iter().map(|&k| own[k]).sum::<f64>() + seen.left_out_s.iter().sum::<f64>();
            prop_assert!((kept_roots - shown).abs() < 1e-6);
            for (at, &k) in seen.rows.iter().enumerate() {
                prop_assert!(parent[k] < 0 || seen.rows[..at].contains(&(parent[k] as usize)));
            }
        }

        #[test]
        fn a_window_shows_only_what_is_below_it((parent, own, total) in tree(), pick in any::<prop::sample::Index>()) {
            let root = pick.index(parent.len()) as i64;
            let seen = fold_frames(&parent, &own, &total, root, 0.0, 1000).unwrap_or_default();
            prop_assert_eq!(seen.rows.first().copied(), Some(root as usize));
            for &k in &seen.rows {
                let mut at = k as i64;
                while at > root { at = parent[at as usize]; }
                prop_assert_eq!(at, root);
            }
        }
    }

    #[test]
    fn columns_that_are_no_tree_are_refused() {
        assert!(fold_frames(&[0], &[1.0], &[1.0], -1, 0.0, 9).is_err());
        assert!(fold_frames(&[-1], &[], &[1.0], -1, 0.0, 9).is_err());
        assert!(fold_frames(&[-1], &[1.0], &[1.0], 1, 0.0, 9).is_err());
    }
}
