//! The process as a whole while a profile runs: resident memory, and the child processes that it starts.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// Between two looks, nanoseconds.
const EVERY_NS: u64 = 20_000_000;

/// A child process; what was last seen of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Child {
    /// Process id.
    pub pid: i32,
    /// Name of its program.
    pub name: String,
    /// User and system time, seconds.
    pub cpu_s: f64,
    /// Most resident memory, bytes.
    pub peak_bytes: u64,
    /// Time it was seen alive less its CPU time, seconds.
    pub wait_s: f64,
    first_ns: u64,
    cpu_before_s: f64,
}

/// What is known so far.
#[derive(Debug, Default)]
pub struct ProcessWatch {
    /// Resident memory at the first look, the most seen, and at the last; bytes.
    pub rss_first: Option<u64>,
    /// See `rss_first`.
    pub rss_peak: Option<u64>,
    /// See `rss_first`.
    pub rss_last: Option<u64>,
    /// Children seen, oldest first.
    pub children: Vec<Child>,
    looked_ns: u64,
    statm: Option<File>,
    peak_before: u64,
}

impl ProcessWatch {
    /// Before the first look.
    pub fn new() -> Self {
        let statm = File::open("/proc/self/statm").ok();
        let rss = statm.as_ref().and_then(resident_bytes);
        Self { rss_first: rss, rss_peak: rss, rss_last: rss, peak_before: peak_of_life(), statm, ..Self::default() }
    }

    /// Looks again when it is time to.
    pub fn look(&mut self, now_ns: u64, is_last: bool) {
        if now_ns < self.looked_ns + EVERY_NS && !is_last {
            return;
        }
        self.looked_ns = now_ns;
        self.rss_last = self.statm.as_ref().and_then(resident_bytes);
        self.rss_peak = self.rss_peak.max(self.rss_last);
        if is_last {
            // Where the process grew beyond all it ever was, the kernel knows the peak between two looks too.
            self.rss_peak = self.rss_peak.max(Some(peak_of_life()).filter(|&peak| peak > self.peak_before));
            self.statm = None;
        }
        if has_children() {
            for pid in descendants() {
                self.note(pid, now_ns);
            }
        }
    }

    fn note(&mut self, pid: i32, now_ns: u64) {
        let Some((name, cpu_s)) = name_and_cpu(pid) else {
            return;
        };
        let k = self.children.iter().position(|child| child.pid == pid).unwrap_or_else(|| {
            self.children.push(Child { pid, first_ns: now_ns, cpu_before_s: cpu_s, ..Child::default() });
            self.children.len() - 1
        });
        let child = &mut self.children[k];
        // A child younger than a look spent its CPU time within the profile.
        let alive_s = (now_ns - child.first_ns) as f64 / 1e9;
        if child.cpu_before_s <= EVERY_NS as f64 / 1e9 {
            child.cpu_before_s = 0.0;
        }
        child.name = name;
        child.cpu_s = cpu_s - child.cpu_before_s;
        child.wait_s = (alive_s - child.cpu_s).max(0.0);
        child.peak_bytes = peak_bytes(pid).unwrap_or(child.peak_bytes).max(child.peak_bytes);
    }
}

fn resident_bytes(statm: &File) -> Option<u64> {
    let mut line = [0; 128];
    let n = statm.read_at(&mut line, 0).ok()?;
    // SAFETY: sysconf has no preconditions.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    let pages: u64 = std::str::from_utf8(&line[..n]).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page)
}

/// Most resident memory since the process began, bytes.
fn peak_of_life() -> u64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the structure is live, and zero bytes are a valid one.
    unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init().ru_maxrss as u64 * 1024
    }
}

/// One call that answers at once: no child, nothing to look for.
fn has_children() -> bool {
    let mut about = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the structure is live; WNOWAIT leaves every child to its parent.
    unsafe { libc::waitid(libc::P_ALL, 0, about.as_mut_ptr(), options) == 0 }
}

/// Children of all threads, and theirs.
fn descendants() -> Vec<i32> {
    let mut found = Vec::new();
    let mut open = vec!["self".to_owned()];
    while let Some(process) = open.pop() {
        let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let listed = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for pid in listed.split_ascii_whitespace().filter_map(|word| word.parse::<i32>().ok()) {
                found.push(pid);
                open.push(pid.to_string());
            }
        }
    }
    found.sort_unstable();
    found
}

/// Program name, and user and system time in seconds.
fn name_and_cpu(pid: i32) -> Option<(String, f64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything, brackets too.
    let (start, end) = (text.find('(')?, text.rfind(')')?);
    let numbers: Vec<f64> =
        text[end + 1..].split_ascii_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    // SAFETY: sysconf has no preconditions.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    Some((text[start + 1..end].to_owned(), (numbers.get(10)? + numbers.get(11)?) / per_second))
}

fn peak_bytes(pid: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_child_is_seen_with_its_name_and_memory() {
        let mut child = match Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn() {
            Ok(child) => child,
            Err(error) => panic!("{error}"),
        };
        let pid = child.id() as i32;
        let mut watch = ProcessWatch::new();
        // Until `cat` has replaced the copy of this process, its name is another one.
        for k in 1..100_000 {
            watch.look(k * EVERY_NS, false);
            if watch.children.iter().any(|c| c.pid == pid && c.name == "cat" && c.peak_bytes > 0) {
                break;
            }
        }
        let seen = watch.children.iter().find(|c| c.pid == pid).cloned().unwrap_or_default();
        assert!(child.kill().and_then(|()| child.wait().map(|_| ())).is_ok());
        assert_eq!((seen.name.as_str(), seen.peak_bytes > 0), ("cat", true));
        assert!(watch.rss_peak >= watch.rss_first);
    }
}
