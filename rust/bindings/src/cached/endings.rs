//! How computations end: with a value that is kept, or without; either way, who waits is told.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use tailgana_engine::cache::live::{Incoming, Miss};

use super::flights::{Flight, Outcome};
use super::held::{Held, Raised};
use super::key::{Asked, Key};
use super::store::{CacheStore, Lead, drop_quietly, now_ns};

impl CacheStore {
    /// A computation ended with a value: keeps it, unless the cache was cleared meanwhile, and tells who waits.
    pub fn succeed(
        &self,
        lead: Lead,
        asked: Option<&Asked<'_>>,
        value: &Held,
        took_ns: u64,
        is_ahead: bool,
    ) -> Result<(), Raised> {
        let Ok(bytes) = self.bytes_of(value, took_ns) else {
            self.fail(lead);
            return Err(Raised);
        };
        let (key, ending) = match (self.take_flight(lead), asked) {
            (Some(flight), _) => {
                let (key, ending) = flight.end();
                (key, Some(ending))
            }
            (None, Some(asked)) => (asked.to_key(), None),
            (None, None) => return Ok(()),
        };
        self.state.borrow_mut().live.time_miss(Miss {
            trace: lead.trace,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            duration_ns: took_ns,
        });
        let kept = self.keep(lead, key, value.clone(), bytes, is_ahead);
        if let Some(ending) = ending {
            ending.land(|| Outcome::Value(value.clone()));
        }
        self.drop_gone();
        if let Some(asked) = asked {
            self.look_ahead(asked);
        }
        kept
    }

    fn keep(&self, lead: Lead, key: Key, value: Held, bytes: u64, is_ahead: bool) -> Result<(), Raised> {
        let now_ns = now_ns();
        let entry = Incoming { hash: lead.hash, trace: lead.trace, key, value, bytes, ttl_ns: None, is_ahead };
        let mut state = self.state.borrow_mut();
        if state.epoch != lead.epoch {
            state.live.keep_out(lead.hash, lead.trace);
            drop(state);
            return Ok(());
        }
        if !state.live.has_hash(lead.hash) {
            state.live.insert(entry, now_ns);
            return Ok(());
        }
        drop(state);
        self.write(entry, now_ns)
    }

    /// Writes an entry, over the one of an equal key where there is one.
    pub fn write(&self, entry: Incoming<Key, Held>, now_ns: u64) -> Result<(), Raised> {
        let mut spare = Vec::new();
        let key = entry.key.clone();
        let found = key.asked(entry.hash, |asked| self.find(asked, &mut spare))?;
        let mut state = self.state.borrow_mut();
        match found {
            Some(id) => {
                state.live.replace(id, entry.value, entry.bytes, entry.ttl_ns, now_ns);
                drop(state);
                drop(entry.key);
            }
            None => {
                state.live.insert(entry, now_ns);
                drop(state);
            }
        }
        self.drop_gone();
        Ok(())
    }

    /// A computation raised what is set as the current exception: who waits raises it too, and nothing is kept.
    pub fn fail(&self, lead: Lead) {
        // SAFETY: the GIL is held; the exception is taken, normalised, and set again.
        let outcome = unsafe {
            let py = Python::assume_attached();
            let error = PyErr::fetch(py);
            let is_plain = error.is_instance_of::<PyException>(py);
            let held = Held::from(error.value(py).clone().into_any());
            error.restore(py);
            if is_plain { Outcome::Error(held) } else { Outcome::Abandoned }
        };
        self.give_up(lead, &outcome);
    }

    /// A computation ended without a value.
    pub fn give_up(&self, lead: Lead, outcome: &Outcome) {
        let flight = self.take_flight(lead);
        {
            let mut state = self.state.borrow_mut();
            state.live.count_failure();
            state.live.keep_out(lead.hash, lead.trace);
        }
        if let Some(flight) = flight {
            let (key, ending) = flight.end();
            ending.land(|| outcome.clone());
            drop_quietly(key);
        }
        self.drop_gone();
    }

    fn take_flight(&self, lead: Lead) -> Option<Flight> {
        let serial = lead.serial?;
        self.state.borrow_mut().flights.take(lead.hash, serial)
    }

    /// Hangs something on a flight for those who come after.
    pub fn attach(&self, lead: Lead, object: Held) {
        let Some(serial) = lead.serial else { return };
        let mut state = self.state.borrow_mut();
        let flight = state.flights.get_mut(lead.hash, serial);
        let old = flight.and_then(|flight| flight.attached.replace(object));
        drop(state);
        drop(old);
    }
}
