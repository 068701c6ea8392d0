//! The machine as it is given to this process: cores, memory, limits.

use crate::threads::address_space;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use sysinfo::{CpuRefreshKind, System};

/// What the native backend can use.
#[derive(Serialize)]
pub struct Machine {
    /// Threads that `--threads 0` takes.
    pub threads: usize,
    /// Cores of the machine, which may be more than this process may use.
    pub cores: usize,
    /// Memory of the machine.
    pub memory_bytes: Option<u64>,
    /// What the process's cgroup may take of it; null if all. The system kills what takes more.
    pub cgroup_memory_bytes: Option<u64>,
    /// What `ulimit -v` allows; null if it sets no limit.
    pub address_space_bytes: Option<u64>,
}

impl Machine {
    pub fn this() -> Self {
        let mut system = System::new();
        system.refresh_cpu_list(CpuRefreshKind::nothing());
        system.refresh_memory();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // 0 where the system does not tell.
        let memory = Some(system.total_memory()).filter(|&bytes| bytes > 0);
        Self {
            threads,
            cores: system.cpus().len().max(threads),
            memory_bytes: memory,
            cgroup_memory_bytes: of_cgroup(Path::new("/")).filter(|&limit| Some(limit) < memory),
            address_space_bytes: address_space(),
        }
    }

    /// What acts of it, for people.
    pub fn rows(&self, size: fn(u64) -> String) -> Vec<(&'static str, String)> {
        let (threads, cores) = (self.threads, self.cores);
        let mut rows = vec![(
            "threads",
            match threads < cores {
                true => format!(
                    "{threads} of {cores} cores: a quota (cgroup) or mask (taskset) allows no more"
                ),
                false => threads.to_string(),
            },
        )];
        if let Some(memory) = self.memory_bytes.map(size) {
            let text = match self.cgroup_memory_bytes.map(size) {
                Some(limit) => {
                    format!("{limit} of {memory}: the cgroup is killed if it takes more")
                }
                None => memory,
            };
            rows.push(("memory", text));
        }
        if let Some(limit) = self.address_space_bytes.map(size) {
            rows.push(("address space", format!("{limit} (ulimit -v)")));
        }
        rows
    }
}

/// The least limit on memory of the cgroups that this process is in, of version 1 or 2.
fn of_cgroup(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let limits = groups.lines().flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (kinds, group) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let (top, file) = match kinds {
            "" => ("sys/fs/cgroup", "memory.max"),
            _ if kinds.split(',').any(|kind| kind == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => return Vec::new(),
        };
        // A container may see its group as the top, though its path is the machine's.
        let (top, group) = (root.join(top), group.trim_start_matches('/'));
        let folders = Path::new(group).ancestors().map(|folder| top.join(folder));
        let limit = |folder: PathBuf| {
            fs::read_to_string(folder.join(file))
                .ok()?
                .trim()
                .parse()
                .ok()
        };
        // "max" is no number.
        folders.filter_map(limit).collect()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn the_least_limit_of_nested_cgroups_counts() {
        let cases: [(&str, &[_], _); 5] = [
            (
                "0::/user/job",
                &[
                    ("user/memory.max", "4096\n"),
                    ("user/job/memory.max", "max\n"),
                ],
                Some(4096),
            ),
            // As a container sees it.
            ("0::/", &[("memory.max", "8192\n")], Some(8192)),
            ("0::/docker/abc", &[("memory.max", "8192\n")], Some(8192)),
            (
                "5:cpu,cpuacct:/job\n4:memory:/job\n0::/",
                &[
                    ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
                    ("memory/job/memory.limit_in_bytes", "1024\n"),
                ],
                Some(1024),
            ),
            ("0::/user", &[], None),
        ];
        for (groups, files, wanted) in cases {
            let root = TempDir::new().unwrap();
            let write = |path: PathBuf, text: &str| {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            };
            write(root.path().join("proc/self/cgroup"), groups);
            for (file, text) in files {
                write(root.path().join("sys/fs/cgroup").join(file), text);
            }
            assert_eq!(of_cgroup(root.path()), wanted, "{groups}");
        }
    }
}
