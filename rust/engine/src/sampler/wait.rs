//! What a blocked thread waits for, from the system call it is in.

use std::fs;

use super::interpreter::Interpreter;
use super::memory::{int_at, word_at};

/// Number of wait classes.
pub const N_WAITS: usize = 8;

/// Why a thread is off its core without waiting for one. The order is that of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Wait {
    /// For the interpreter's lock.
    Gil,
    /// For another lock, event or queue (a futex outside the interpreter).
    Lock,
    /// For a file or block device.
    Disk,
    /// For a pipe.
    Pipe,
    /// For a socket.
    Socket,
    /// For time to pass.
    Sleep,
    /// For a page of memory.
    Fault,
    /// For a child process, a terminal, or what no other class names.
    Other,
}

/// One line of `/proc/self/task/TID/syscall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// On a core or in the run queue.
    Running,
    /// Blocked outside a system call: a page fault.
    Fault,
    /// Blocked in a system call with these arguments.
    Blocked(i64, [usize; 4]),
}

/// A wait and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The class.
    pub wait: Wait,
    /// Number of the system call, -1 for a page fault.
    pub call: i64,
    /// File descriptor waited for, -1 where there is none.
    pub descriptor: i32,
}

impl Call {
    /// Reads the kernel's line: `running`, or number and arguments in hexadecimal, or -1 outside a call.
    pub fn parse(line: &str) -> Self {
        let mut words = line.split_ascii_whitespace();
        let Some(number) = words.next().and_then(|w| w.parse().ok()) else {
            return Self::Running;
        };
        if number < 0 {
            return Self::Fault;
        }
        let mut arguments = [0; 4];
        for (slot, word) in arguments.iter_mut().zip(words) {
            *slot = usize::from_str_radix(word.trim_start_matches("0x"), 16).unwrap_or(0);
        }
        Self::Blocked(number, arguments)
    }

    /// What the thread waits for; `None` while it runs.
    pub fn classify(self, python: &Interpreter) -> Option<Blocked> {
        match self {
            Self::Running => None,
            Self::Fault => Some(Blocked { wait: Wait::Fault, call: -1, descriptor: -1 }),
            Self::Blocked(call, arguments) => {
                let (wait, descriptor) = classify_call(call, arguments, python);
                Some(Blocked { wait, call, descriptor })
            }
        }
    }
}

fn classify_call(call: i64, a: [usize; 4], python: &Interpreter) -> (Wait, i32) {
    let fd = a[0] as i32;
    match call {
        libc::SYS_futex => (if python.is_gil_futex(a[0]) { Wait::Gil } else { Wait::Lock }, -1),
        libc::SYS_nanosleep | libc::SYS_clock_nanosleep => (Wait::Sleep, -1),
        libc::SYS_read
        | libc::SYS_write
        | libc::SYS_readv
        | libc::SYS_writev
        | libc::SYS_pread64
        | libc::SYS_pwrite64
        | libc::SYS_preadv
        | libc::SYS_pwritev
        | libc::SYS_preadv2
        | libc::SYS_pwritev2
        | libc::SYS_sendfile
        | libc::SYS_splice
        | libc::SYS_copy_file_range
        | libc::SYS_ioctl => (class_of_descriptor(fd), fd),
        libc::SYS_fsync
        | libc::SYS_fdatasync
        | libc::SYS_sync_file_range
        | libc::SYS_fallocate
        | libc::SYS_ftruncate
        | libc::SYS_fadvise64
        | libc::SYS_getdents64
        | libc::SYS_flock => (Wait::Disk, fd),
        libc::SYS_openat
        | libc::SYS_newfstatat
        | libc::SYS_statx
        | libc::SYS_unlinkat
        | libc::SYS_renameat2
        | libc::SYS_mkdirat
        | libc::SYS_readlinkat
        | libc::SYS_sync
        | libc::SYS_syncfs
        | libc::SYS_io_getevents
        | libc::SYS_msync => (Wait::Disk, -1),
        libc::SYS_recvfrom
        | libc::SYS_recvmsg
        | libc::SYS_recvmmsg
        | libc::SYS_sendto
        | libc::SYS_sendmsg
        | libc::SYS_sendmmsg
        | libc::SYS_connect
        | libc::SYS_accept
        | libc::SYS_accept4 => (Wait::Socket, fd),
        libc::SYS_ppoll => polled(a[0], a[1], python),
        libc::SYS_pselect6 => selected(a, python),
        libc::SYS_epoll_pwait | libc::SYS_epoll_pwait2 => watched(fd, a[3]),
        _ => classify_old_call(call, a, python),
    }
}

/// Calls that only x86-64 has, beside their newer forms.
#[cfg(target_arch = "x86_64")]
fn classify_old_call(call: i64, a: [usize; 4], python: &Interpreter) -> (Wait, i32) {
    match call {
        libc::SYS_poll => polled(a[0], a[1], python),
        libc::SYS_select => selected(a, python),
        libc::SYS_epoll_wait => watched(a[0] as i32, a[3]),
        libc::SYS_open
        | libc::SYS_stat
        | libc::SYS_lstat
        | libc::SYS_unlink
        | libc::SYS_rename
        | libc::SYS_mkdir
        | libc::SYS_rmdir
        | libc::SYS_readlink
        | libc::SYS_access => (Wait::Disk, -1),
        _ => (Wait::Other, -1),
    }
}

/// No other machine has older calls.
#[cfg(not(target_arch = "x86_64"))]
fn classify_old_call(_: i64, _: [usize; 4], _: &Interpreter) -> (Wait, i32) {
    (Wait::Other, -1)
}

/// The class of a blocking read or write.
fn class_of_descriptor(descriptor: i32) -> Wait {
    match kind_of(descriptor) {
        Some(libc::S_IFIFO) => Wait::Pipe,
        Some(libc::S_IFSOCK) => Wait::Socket,
        Some(libc::S_IFREG | libc::S_IFBLK | libc::S_IFDIR) => Wait::Disk,
        _ => Wait::Other,
    }
}

fn kind_of(descriptor: i32) -> Option<u32> {
    let mut about = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the structure is live; fstat fills it or fails.
    (unsafe { libc::fstat(descriptor, about.as_mut_ptr()) } == 0).then(|| {
        // SAFETY: filled by the successful call.
        unsafe { about.assume_init() }.st_mode & libc::S_IFMT
    })
}

/// Sockets before pipes before files: of several it is the remote end that is waited for.
fn foremost(descriptors: impl Iterator<Item = i32>) -> Option<(Wait, i32)> {
    descriptors.map(|fd| (class_of_descriptor(fd), fd)).max_by_key(|(wait, _)| match wait {
        Wait::Socket => 3,
        Wait::Pipe => 2,
        Wait::Disk => 1,
        _ => 0,
    })
}

fn polled(table: usize, count: usize, python: &Interpreter) -> (Wait, i32) {
    const ENTRY: usize = 8;
    if count == 0 {
        return (Wait::Sleep, -1);
    }
    let mut copy = vec![0; ENTRY * count.min(256)];
    if !python.memory.read(table, &mut copy) {
        return (Wait::Other, -1);
    }
    foremost(copy.chunks_exact(ENTRY).map(|entry| int_at(entry, 0))).unwrap_or((Wait::Other, -1))
}

fn selected(a: [usize; 4], python: &Interpreter) -> (Wait, i32) {
    let n = a[0].min(1024);
    let mut members = Vec::new();
    for set in [a[1], a[2]].into_iter().filter(|&set| set != 0) {
        let mut copy = [0; 128];
        if python.memory.read(set, &mut copy[..n.div_ceil(64) * 8]) {
            members.extend((0..n).filter(|k| word_at(&copy, k / 64 * 8) >> (k % 64) & 1 == 1).map(|k| k as i32));
        }
    }
    foremost(members.into_iter()).unwrap_or((Wait::Sleep, -1))
}

/// An epoll waits for its members. What only wakes an event loop (an eventfd, the loop's own socket pair) is no reason to wait:
/// with nothing else there it is a timer, or, without a time limit, another thread's word.
fn watched(epoll: i32, timeout: usize) -> (Wait, i32) {
    let listed = fs::read_to_string(format!("/proc/self/fdinfo/{epoll}")).unwrap_or_default();
    let members = listed.lines().filter_map(|line| line.strip_prefix("tfd:"));
    let members = members.filter_map(|rest| rest.split_ascii_whitespace().next()?.parse().ok());
    match foremost(members.filter(|&fd| !is_wakeup(fd))) {
        Some((Wait::Other, _)) | None => (if timeout as i32 > 0 { Wait::Sleep } else { Wait::Other }, -1),
        Some(found) => found,
    }
}

/// One end of an unnamed socket pair: how event loops wake themselves.
fn is_wakeup(descriptor: i32) -> bool {
    socket_domain(descriptor) == Some(libc::AF_UNIX)
        && address_length(descriptor) <= size_of::<libc::sa_family_t>() as u32
}

fn socket_domain(descriptor: i32) -> Option<i32> {
    let (mut domain, mut size) = (0_i32, size_of::<i32>() as u32);
    // SAFETY: value and size are live and fit each other.
    let answer = unsafe {
        libc::getsockopt(descriptor, libc::SOL_SOCKET, libc::SO_DOMAIN, (&raw mut domain).cast(), &raw mut size)
    };
    (answer == 0).then_some(domain)
}

fn address_length(descriptor: i32) -> u32 {
    let mut address = std::mem::MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut size = size_of::<libc::sockaddr_storage>() as u32;
    // SAFETY: the storage is live and as large as `size` says.
    let answer = unsafe { libc::getpeername(descriptor, address.as_mut_ptr().cast(), &raw mut size) };
    if answer == 0 { size } else { u32::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        assert_eq!(Call::parse("running"), Call::Running);
        assert_eq!(Call::parse("-1 0x7ffd 0x7f"), Call::Fault);
        assert_eq!(Call::parse("0 0x3 0x7f00 0x400 0x0 0x0 0x0 0x7ffc 0x7f"), Call::Blocked(0, [3, 0x7f00, 0x400, 0]));
    }

    #[test]
    fn descriptors_are_told_apart() {
        let mut ends = [0; 4];
        // SAFETY: both calls fill two descriptors each of a live array.
        unsafe {
            assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
            assert_eq!(libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, ends.as_mut_ptr().add(2)), 0);
        }
        let file = fs::File::open("/proc/self/exe").map(std::os::fd::IntoRawFd::into_raw_fd);
        assert_eq!(class_of_descriptor(ends[0]), Wait::Pipe);
        assert_eq!(class_of_descriptor(ends[2]), Wait::Socket);
        assert!(is_wakeup(ends[2]) && !is_wakeup(ends[0]));
        assert_eq!(file.map(class_of_descriptor).ok(), Some(Wait::Disk));
        assert_eq!(class_of_descriptor(-1), Wait::Other);
        assert_eq!(foremost([ends[0], ends[2]].into_iter()), Some((Wait::Socket, ends[2])));
    }
}
