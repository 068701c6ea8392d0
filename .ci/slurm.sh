#!/usr/bin/env bash
# The job array of the guide in a real Slurm on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v slurmctld slurmd sbatch munged >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends slurmctld slurmd slurm-client munge
fi
tests/slurm/run.sh
