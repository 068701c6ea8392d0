//! The machine as it is given to this process: cores, memory, limits.

use serde::Serialize;
use spikeprune::backend::gpu::surroundings::address_space;
use sysinfo::{CpuRefreshKind, ProcessesToUpdate, System};

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
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut system = System::new().ok();
        if let Some(system) = &mut system {
            system.refresh_cpu_list(CpuRefreshKind::nothing());
            system.refresh_memory();
        }
        let memory = system.as_ref().map(System::total_memory);
        Self {
            threads,
            cores: system
                .as_ref()
                .map_or(threads, |system| system.cpus().len()),
            memory_bytes: memory,
            cgroup_memory_bytes: system
                .as_mut()
                .and_then(of_cgroup)
                .filter(|&limit| Some(limit) < memory),
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

/// The least limit on memory of the cgroups that this process is in.
fn of_cgroup(system: &mut System) -> Option<u64> {
    let this = sysinfo::get_current_pid().ok()?;
    system.refresh_processes(ProcessesToUpdate::Some(&[this]), true);
    Some(system.process(this)?.cgroup_limits()?.total_memory)
}
