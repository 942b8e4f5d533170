//! What is worth loading ahead: the key that follows as a rule, or the next of whole numbers in even steps.

use std::collections::VecDeque;

use pyo3::ffi;
use tailgana_engine::cache::Stride;
use tailgana_engine::cache::live::Live;

use super::held::Held;
use super::key::{Asked, Key};

/// Keys that wait to be loaded, the last ones; older ones would come too late.
const MOST_WAITING: usize = 16;

/// Foretold keys.
#[derive(Debug, Default)]
pub struct Ahead {
    stride: Stride,
    waiting: VecDeque<Key>,
}

impl Ahead {
    /// Looks what may follow a request that was just answered; whether there is something new to load.
    pub fn look(&mut self, live: &mut Live<Key, Held>, asked: &Asked<'_>) -> bool {
        let follower = live.ahead().cloned();
        let next = asked.number.and_then(|number| self.stride.next_after(number));
        let key = match (follower, next) {
            (Some(key), _) => key,
            (None, Some(number)) if live.pays_ahead() => {
                // SAFETY: the GIL is held; an int is no object that the collector counts, so no code of the user runs.
                let Some(object) = (unsafe { Held::take(ffi::PyLong_FromLongLong(number)) }) else {
                    // SAFETY: an exception is set.
                    unsafe { ffi::PyErr_Clear() };
                    return false;
                };
                Key::One(object)
            }
            _ => return false,
        };
        let is_there = live.has_hash(key.hash_of_number().unwrap_or(0));
        if is_there || self.waiting.iter().any(|other| other.is(&key)) {
            live.let_go(Some(key), None);
            return false;
        }
        if self.waiting.len() == MOST_WAITING {
            live.let_go(self.waiting.pop_front(), None);
        }
        self.waiting.push_back(key);
        true
    }

    /// The next key to load.
    pub fn take(&mut self) -> Option<Key> {
        self.waiting.pop_front()
    }

    /// Keys that wait.
    pub fn waiting(&self) -> impl Iterator<Item = &Key> {
        self.waiting.iter()
    }
}
