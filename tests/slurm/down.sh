#!/bin/bash
# down.sh DIR: cancels what runs in the Slurm of up.sh, and ends it.
dir=$1
export SLURM_CONF=$dir/slurm.conf
scancel --user="$(id -un)" 2>/dev/null
for _ in $(seq 100); do [ -z "$(squeue -h 2>/dev/null)" ] && break || sleep 0.1; done
for name in slurmd slurmctld munged; do
    [ -s "$dir/$name.run" ] || continue
    pid=$(cat "$dir/$name.run")
    kill "$pid" 2>/dev/null
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null && sleep 0.1 || break; done
    kill -9 "$pid" 2>/dev/null
done
exit 0
