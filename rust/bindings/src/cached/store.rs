//! A cache of Python objects: looks keys up, leads or joins computations, and drops what left when nothing is borrowed.

use std::sync::OnceLock;
use std::time::Instant;

use pyo3::exceptions::{PyException, PyRecursionError};
use pyo3::ffi;
use pyo3::prelude::*;
use tailgana_engine::cache::Id;
use tailgana_engine::cache::live::{Cause, Found, Likeness, Live, MARK_EVERY, Setting};

use super::ahead::Ahead;
use super::flights::{Flight, Flights, Wait, patience};
use super::held::{Held, Raised, UnderGil};
use super::key::{Asked, Key, NoHash};

/// One hit in so many is timed.
const TIMED: u64 = 64;
/// A value's size is asked for where computing it took this long, nanoseconds: then it costs nothing beside.
const WORTH_WEIGHING_NS: u64 = 20_000;

/// Nanoseconds of a clock that never goes back.
pub fn now_ns() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64 + 1
}

/// What the GIL guards.
pub struct State {
    pub live: Live<Key, Held>,
    pub flights: Flights,
    /// How often the cache was cleared.
    pub epoch: u64,
    /// What to load ahead.
    pub ahead: Ahead,
}

/// A cache of Python objects, and how it treats what it cannot hash or weigh.
#[pyclass(frozen, module = "tailgana_lab._engine")]
pub struct CacheStore {
    pub state: UnderGil<State>,
    /// Turns an argument without a hash into one that has one, or gives NotImplemented.
    stand_in: Py<PyAny>,
    /// Size of a value, bytes.
    weigh: Py<PyAny>,
    /// Told when there is something to load ahead.
    wake: Py<PyAny>,
}

/// What looking up a key led to.
pub enum Looked {
    /// The value.
    Hit(Held),
    /// The caller computes it.
    Lead(Lead),
    /// Another thread computes it; who cannot wait for it computes it too.
    Join(Wait, Lead),
    /// A coroutine computes it; this is what it left for others.
    Attached(Held),
    /// It is being computed, and nobody needs it yet.
    Busy,
}

/// The right, and duty, to compute a value.
#[derive(Clone, Copy, Debug)]
pub struct Lead {
    /// Which flight, or None where the one there is cannot be waited for.
    pub serial: Option<u64>,
    pub hash: u64,
    pub trace: u32,
    pub epoch: u64,
}

/// Who looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Caller {
    /// A thread, which waits for other threads.
    Thread,
    /// A task, which gets what the computing one attached.
    Task,
    /// Nobody needs the value yet: no request is counted, and nobody waits.
    Ahead,
}

impl CacheStore {
    pub fn with(setting: Setting, stand_in: Py<PyAny>, weigh: Py<PyAny>, wake: Py<PyAny>) -> Self {
        let state = State { live: Live::new(setting), flights: Flights::default(), epoch: 0, ahead: Ahead::default() };
        Self { state: UnderGil::new(state), stand_in, weigh, wake }
    }

    /// The value of a key that is there and compares without code of the user; counted.
    #[inline(always)]
    pub fn quick_hit(&self, asked: &Asked<'_>) -> Option<Held> {
        let mut state = self.state.borrow_mut();
        let live = &mut state.live;
        let n_requests = live.total().requests();
        let is_timed = n_requests.is_multiple_of(TIMED);
        let began_ns = if is_timed { now_ns() } else { 0 };
        let Found::Entry(id) = live.find(asked.hash, |key| key.likeness(asked)) else { return None };
        if live.needs_clock(id) && live.is_expired(id, now_ns()) {
            return None;
        }
        live.hit(id);
        let value = live.value(id).cloned();
        if is_timed {
            let ended_ns = now_ns();
            live.time_hit(ended_ns - began_ns);
            if n_requests.is_multiple_of(MARK_EVERY) {
                live.mark_time(ended_ns);
            }
        }
        if live.looks_ahead() {
            drop(state);
            self.look_ahead(asked);
        }
        value
    }

    /// The clock for a request that is to be timed if it hits: one in so many.
    pub fn start_watch(&self) -> Option<Watch> {
        let n_requests = self.state.borrow_mut().live.total().requests();
        let is_timed = n_requests.is_multiple_of(TIMED);
        is_timed.then(|| Watch { began_ns: now_ns(), is_marked: n_requests.is_multiple_of(MARK_EVERY) })
    }

    /// The entry of a key. `spare` keeps what must not be dropped before the entry was used.
    pub fn find(&self, asked: &Asked<'_>, spare: &mut Vec<Key>) -> Result<Option<Id>, Raised> {
        loop {
            let (id, key) = {
                let state = self.state.borrow_mut();
                let compare = |key: &Key| {
                    if spare.iter().any(|other| other.is(key)) { Likeness::Different } else { key.likeness(asked) }
                };
                match state.live.find(asked.hash, compare) {
                    Found::Entry(id) => return Ok(Some(id)),
                    Found::Nothing => return Ok(None),
                    Found::Perhaps(id) => match state.live.key(id) {
                        Some(key) => (id, key.clone()),
                        None => return Ok(None),
                    },
                }
            };
            let is_alike = key.is_alike(asked);
            let is_there = {
                let state = self.state.borrow_mut();
                state.live.value(id).is_some() && state.live.key(id).is_some_and(|now| now.is(&key))
            };
            match is_alike {
                Ok(true) if is_there => {
                    spare.push(key);
                    return Ok(Some(id));
                }
                Ok(true) => drop(key),
                Ok(false) => spare.push(key),
                Err(raised) => {
                    drop_quietly(key);
                    return Err(raised);
                }
            }
        }
    }

    /// The flight of a key, by its serial number.
    fn find_flight(&self, asked: &Asked<'_>) -> Result<Option<u64>, Raised> {
        let mut different: Vec<u64> = Vec::new();
        loop {
            let (serial, key) = {
                let state = self.state.borrow_mut();
                let open = state.flights.with_hash(asked.hash).filter(|flight| {
                    let is_out = different.contains(&flight.serial) || flight.is_left_behind();
                    !is_out && flight.key.likeness(asked) != Likeness::Different
                });
                let Some(newest) = open.max_by_key(|flight| flight.serial) else { return Ok(None) };
                if newest.key.likeness(asked) == Likeness::Same {
                    return Ok(Some(newest.serial));
                }
                (newest.serial, newest.key.clone())
            };
            let is_alike = key.is_alike(asked);
            drop_quietly(key);
            if is_alike? && self.state.borrow_mut().flights.get_mut(asked.hash, serial).is_some() {
                return Ok(Some(serial));
            }
            different.push(serial);
        }
    }

    /// Looks a key up; counts the request unless it was counted before.
    pub fn look(&self, asked: &Asked<'_>, caller: Caller, is_counted: bool) -> Result<Looked, Raised> {
        let watch = self.start_watch();
        let mut spare = Vec::new();
        let looked = loop {
            let has_flights = !self.state.borrow_mut().flights.is_empty();
            // Flights first: comparing them may run code, and what it changes is then still seen in the table.
            let flight = if has_flights { self.find_flight(asked)? } else { None };
            let entry = self.find(asked, &mut spare)?;
            match self.settle(asked, entry, flight, caller, is_counted, watch) {
                Some(looked) => break looked,
                None => continue,
            }
        };
        drop(spare);
        if !matches!(looked, Ok(Looked::Lead(_))) {
            self.drop_gone(); // a leader does that at the end: a finaliser may ask for the very key that is computed
        }
        looked
    }

    /// Acts on what was found, in one go. None where the flight has ended meanwhile.
    fn settle(
        &self,
        asked: &Asked<'_>,
        entry: Option<Id>,
        flight: Option<u64>,
        caller: Caller,
        is_counted: bool,
        watch: Option<Watch>,
    ) -> Option<Result<Looked, Raised>> {
        let mut state = self.state.borrow_mut();
        let State { live, flights, epoch, .. } = &mut *state;
        if let Some(id) = entry {
            if live.needs_clock(id) && live.is_expired(id, now_ns()) {
                live.remove(id, Cause::Expired, now_ns());
            } else {
                if caller != Caller::Ahead && !is_counted {
                    hit_watched(live, id, watch);
                }
                return live.value(id).cloned().map(|value| Ok(Looked::Hit(value)));
            }
        }
        let is_request = caller != Caller::Ahead && !is_counted;
        if let Some(serial) = flight {
            let flight = flights.get_mut(asked.hash, serial)?;
            if caller == Caller::Thread && flight.owner == super::flights::this_thread() {
                drop(state);
                return Some(Err(needs_itself()));
            }
            let is_current = flight.epoch == *epoch;
            if is_current && is_request {
                live.miss_again(flight.trace);
            }
            if is_current {
                let trace = flight.trace;
                if caller == Caller::Ahead {
                    return Some(Ok(Looked::Busy));
                }
                if let (Caller::Task, Some(attached)) = (caller, &flight.attached) {
                    return Some(Ok(Looked::Attached(attached.clone())));
                }
                let own = Lead { serial: None, hash: asked.hash, trace, epoch: *epoch };
                if caller == Caller::Thread
                    && let Some(wait) = flight.join(patience(live.mean_miss_ns()))
                {
                    return Some(Ok(Looked::Join(wait, own)));
                }
                return Some(Ok(Looked::Lead(own)));
            }
        }
        let trace = if is_request { note_miss(live, asked.hash) } else { live.foresee(asked.hash) };
        for flight in flights.take_left_behind() {
            live.let_go(Some(flight.key), flight.attached);
        }
        let flight = Flight::new(asked.hash, asked.to_key(), trace, *epoch);
        let lead = Lead { serial: Some(flight.serial), hash: asked.hash, trace, epoch: *epoch };
        flights.add(flight);
        Some(Ok(Looked::Lead(lead)))
    }

    /// Drops what left, one after another, for each may run code that comes back here.
    pub fn drop_gone(&self) {
        loop {
            let gone = self.state.borrow_mut().live.pop_gone();
            if gone.is_none() {
                return;
            }
            drop_quietly(gone);
        }
    }

    /// Asks with arguments whose unhashable ones have been replaced by stand-ins.
    ///
    /// # Safety
    /// As `Asked::new`.
    pub unsafe fn with_asked<T>(
        &self,
        args: &[*mut ffi::PyObject],
        names: *mut ffi::PyObject,
        action: impl FnOnce(&Asked<'_>) -> Result<T, Raised>,
    ) -> Result<T, Raised> {
        let mut standing: Vec<*mut ffi::PyObject> = Vec::new();
        let mut held: Vec<Held> = Vec::new();
        loop {
            let now = if held.is_empty() { args } else { &standing };
            // SAFETY: the caller's promise, and stand-ins are held.
            match unsafe { Asked::new(now, names) } {
                Ok(asked) => return action(&asked),
                Err(NoHash::Raised) => return Err(Raised),
                Err(NoHash::Unhashable(place)) => {
                    let instead = self.stand_in(now[place])?;
                    if held.is_empty() {
                        standing = args.to_vec();
                    }
                    standing[place] = instead.as_ptr();
                    held.push(instead);
                }
            }
        }
    }

    /// A stand-in for an argument whose hash just raised TypeError; the error again where there is none.
    fn stand_in(&self, object: *mut ffi::PyObject) -> Result<Held, Raised> {
        // SAFETY: an exception is set, the argument is alive, and the GIL is held.
        let py = unsafe { Python::assume_attached() };
        let error = PyErr::fetch(py);
        // SAFETY: the argument is alive.
        let object = unsafe { Bound::from_borrowed_ptr(py, object) };
        let instead = self.stand_in.bind(py).call1((object,)).map_err(Raised::from)?;
        if instead.is(py.NotImplemented()) {
            return Err(Raised::from(error));
        }
        Ok(Held::from(instead))
    }

    /// After a request: notes what is likely to be asked for next, and wakes who loads it.
    #[cold]
    pub(super) fn look_ahead(&self, asked: &Asked<'_>) {
        let is_new = {
            let mut state = self.state.borrow_mut();
            let State { live, ahead, .. } = &mut *state;
            live.looks_ahead() && ahead.look(live, asked)
        };
        self.drop_gone();
        if is_new {
            // SAFETY: the GIL is held.
            let py = unsafe { Python::assume_attached() };
            if let Err(error) = self.wake.call0(py) {
                tell_later(py, error);
            }
        }
    }

    /// Size of a value, bytes; 0 where it is not worth asking.
    pub(super) fn bytes_of(&self, value: &Held, took_ns: u64) -> Result<u64, Raised> {
        let is_needed = {
            let state = self.state.borrow_mut();
            state.live.max_bytes().is_some() || (state.live.is_recording() && took_ns >= WORTH_WEIGHING_NS)
        };
        if is_needed { self.weigh(value) } else { Ok(0) }
    }

    /// A value that cannot tell its size weighs nothing; what is no Exception, as Ctrl-C, is passed on.
    pub fn weigh(&self, value: &Held) -> Result<u64, Raised> {
        // SAFETY: the GIL is held.
        let py = unsafe { Python::assume_attached() };
        let weighed = self.weigh.bind(py).call1((value.bound(py),)).and_then(|bytes| bytes.extract::<u64>());
        match weighed {
            Err(error) if !error.is_instance_of::<PyException>(py) => Err(Raised::from(error)),
            weighed => Ok(weighed.unwrap_or(0)),
        }
    }

    pub fn visit(&self, visit: &pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        visit.call(&self.stand_in)?;
        visit.call(&self.weigh)?;
        visit.call(&self.wake)?;
        let Some(state) = self.state.try_borrow_mut() else { return Ok(()) };
        for (key, value) in state.live.entries().chain(state.live.leaving().map(|(k, v)| (k.as_ref(), v.as_ref()))) {
            key.map_or(Ok(()), |key| key.visit(visit))?;
            value.map_or(Ok(()), |value| value.visit(visit))?;
        }
        state.ahead.waiting().try_for_each(|key| key.visit(visit))?;
        for flight in state.flights.iter() {
            flight.key.visit(visit)?;
            flight.attached.as_ref().map_or(Ok(()), |object| object.visit(visit))?;
        }
        Ok(())
    }
}

/// The clock of a request.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    began_ns: u64,
    is_marked: bool,
}

/// Counts a hit that was not quick, and notes what it took and what time it is where that is due.
pub fn hit_watched(live: &mut Live<Key, Held>, id: Id, watch: Option<Watch>) {
    live.hit(id);
    let Some(Watch { began_ns, is_marked }) = watch else { return };
    let ended_ns = now_ns();
    live.time_hit(ended_ns.saturating_sub(began_ns));
    if is_marked {
        live.mark_time(ended_ns);
    }
}

/// Counts a miss, and notes the time as often as hits do.
pub fn note_miss(live: &mut Live<Key, Held>, hash: u64) -> u32 {
    if live.total().requests().is_multiple_of(MARK_EVERY) {
        live.mark_time(now_ns());
    }
    live.miss(hash)
}

/// Drops with the current exception set aside, for dropping may run code.
pub(super) fn drop_quietly<T>(gone: T) {
    // SAFETY: the GIL is held; what is fetched is restored.
    unsafe {
        if ffi::PyErr_Occurred().is_null() {
            drop(gone);
            return;
        }
        let py = Python::assume_attached();
        let error = PyErr::fetch(py);
        drop(gone);
        error.restore(py);
    }
}

/// Of what was raised where it cannot be passed on: an Exception is reported, another one, as Ctrl-C, is raised in this
/// thread before its next step.
fn tell_later(py: Python<'_>, error: PyErr) {
    if error.is_instance_of::<PyException>(py) {
        return error.write_unraisable(py, None);
    }
    let kind = error.get_type(py);
    // SAFETY: the GIL is held, the type is alive, and Python keeps its own reference to it.
    unsafe {
        ffi::PyThreadState_SetAsyncExc(PyThread_get_thread_ident() as std::ffi::c_long, kind.as_ptr());
    }
}

unsafe extern "C" {
    fn PyThread_get_thread_ident() -> std::ffi::c_ulong;
}

fn needs_itself() -> Raised {
    Raised::from(PyRecursionError::new_err("this call needs its own result: the same arguments are being computed"))
}
