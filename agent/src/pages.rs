//! The pages of the program itself. The kernel maps sixteen around each that is touched (fault-around), so after a start
//! most of the file counts as resident, for a server that then does one thing for months.

use std::fs;
use std::ops::Range;

/// Gives back what is mapped of the program's code and constants; what is needed again comes back, out of the page cache.
pub fn forget_the_start() {
    let here = forget_the_start as fn() as usize;
    for range in own(&fs::read_to_string("/proc/self/maps").unwrap_or_default(), here) {
        // SAFETY: these are mappings of a file that nothing writes to, so a page that is dropped is read again as it was.
        unsafe { libc::madvise(range.start as *mut libc::c_void, range.len(), libc::MADV_DONTNEED) };
    }
}

/// The code at this address and the constants in front of it. Not what stands behind it and cannot be written either:
/// that was written to when the program was relocated (RELRO).
fn own(maps: &str, address: usize) -> Vec<Range<usize>> {
    let mappings: Vec<_> = maps.lines().filter_map(mapping).collect();
    let Some((code, _, path)) =
        mappings.iter().find(|(range, flags, _)| *flags == "r-xp" && range.contains(&address))
    else {
        return vec![];
    };
    let constants = mappings
        .iter()
        .filter(|(range, flags, other)| *flags == "r--p" && range.end <= code.start && other == path);
    constants.map(|(range, ..)| range.clone()).chain([code.clone()]).collect()
}

/// `00200000-002b7000 r--p 00000000 fe:00 9978879 /health-probe`, of proc_pid_maps(5).
fn mapping(line: &str) -> Option<(Range<usize>, &str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let range = usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?;
    let flags = words.next()?;
    Some((range, flags, words.nth(3).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_and_the_constants_in_front_of_it_are_given_back() {
        let maps = "\
00200000-002b7000 r--p 00000000 fe:00 9978879                            /hp
002b7000-0046d000 r-xp 000b6000 fe:00 9978879                            /hp
0046d000-00472000 r--p 0026b000 fe:00 9978879                            /hp
00472000-00474000 rw-p 0026f000 fe:00 9978879                            /hp
00500000-00501000 r-xp 00000000 00:00 0                                  [vdso]
odd line
";
        assert_eq!(own(maps, 0x0030_0000), [0x0020_0000..0x002b_7000, 0x002b_7000..0x0046_d000]);
        assert_eq!(own(maps, 0x0047_3000), []);
    }

    #[test]
    fn the_program_runs_on() {
        forget_the_start();
        assert!(
            !own(&fs::read_to_string("/proc/self/maps").unwrap(), mapping as *const () as usize).is_empty()
        );
    }
}
