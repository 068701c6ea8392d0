#!/bin/bash
# The job array of the guide in a real Slurm on this machine: parts that are killed, stopped and put back make the table
# that one run makes. Needs slurmctld, slurmd, slurm-client and munge, and root. run.sh [DIR]
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=${SPIKEPRUNE:-$root/target/release/spikeprune}
dir=${1:-$(mktemp -d)}
failures=0 began=$SECONDS

say() { printf '[%3d s] %s\n' $((SECONDS - began)) "$*"; }
check() { # WHAT COMMAND...
    if "${@:2}" > /dev/null 2>&1; then say "pass: $1"; else
        say "FAIL: $1"
        failures=$((failures + 1))
    fi
}
within() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    while [ $SECONDS -lt $end ]; do
        "${@:2}" > /dev/null 2>&1 && return 0
        sleep 0.2
    done
    return 1
}

"$here/up.sh" "$dir" || exit 1
# shellcheck disable=SC1091
. "$dir/env"
trap '"$here/down.sh" "$dir"' EXIT
mkdir -p "$dir/bin"
ln -sf "$program" "$dir/bin/spikeprune"
export PATH="$dir/bin:$PATH"
export SPIKEPRUNE_DATA=$root/data
export SEARCH="--preset paper --train-per-class 600 --validation-per-class 20 --random 40 --seeds 2
    --log-range learning.a_pre=0.003..0.03"

submit() { # NAME SBATCH-ARGS...
    out=$dir/$1
    mkdir -p "$out"
    job=$(OUT=$out sbatch --parsable --output="$out/log" "${@:2}" "$here/sweep.sbatch")
}
ended() { [ -z "$(squeue -h -j "$job")" ]; }
state() { scontrol show job "${job}_$1" | grep -o 'JobState=[A-Z_]*' | cut -d= -f2; }
state_is() { [ "$(state "$1")" = "$2" ]; }
has_row() { [ "$(wc -l < "$out/$1/sweep.csv")" -ge 2 ]; }
signal() { kill "-$2" "$(cat "$out/$1.pid")"; } # TASK SIGNAL
# A task is held, so that no trouble depends on when it comes: by its first row at the latest, and let go by CONT.
hold() { within 60 has_row "$1" && signal "$1" STOP; }
# SIGTERM (bit 14) waits for a program that is held.
is_told() { grep -q '^ShdPnd:.*[4-7c-f]...$' "/proc/$(cat "$out/$1.pid")/status"; }
timeless() { sed 's/,[^,]*$//' "$1"; }
merged() { # PARTS...
    spikeprune sweep --merge "${@/#/$out/}" --out "$out/merged" --quiet
}
same() { diff <(timeless "$out/merged/sweep.csv") <(timeless "$dir/whole/sweep.csv"); }
slurmd() {
    setsid nohup slurmd -D -f "$SLURM_CONF" > "$dir/log/slurmd" 2>&1 < /dev/null &
    echo $! > "$dir/slurmd.run"
}

# shellcheck disable=SC2086
check "one run of the whole search" \
    spikeprune sweep $SEARCH --out "$dir/whole" --device cpu --threads 2 --quiet

say "an array of four, left alone"
submit alone
check "all tasks end" within 60 ended
check "the parts are merged" merged 1 2 3 4
check "the table is that of one run" same

say "a part that is missing"
rm -r "$out/merged"
spikeprune sweep --merge "$out"/{1,2,4} --out "$out/merged" --quiet 2> "$out/error"
check "exit code 1" [ $? = 1 ]
check "it is named" grep -q "missing: 3/4" "$out/error"

say "killed, stopped by both kinds of scancel, and a lost slurmd"
submit troubled
holding=()
for task in 1 2 3 4; do
    hold "$task" &
    holding+=($!)
done
check "all tasks are at work" wait "${holding[@]}"
signal 1 KILL
scancel --signal=TERM --batch "${job}_2"
scancel --signal=TERM --full "${job}_3"
for task in 2 3; do
    check "task $task is told" within 30 is_told "$task"
    signal "$task" CONT
done
kill -KILL "$(cat "$dir/slurmd.run")"
sleep 1
slurmd
signal 4 CONT
check "the task that was killed has failed" within 60 state_is 1 FAILED
check "it is put back" within 30 scontrol requeue "${job}_1"
check "all tasks end" within 120 ended
check "tasks that were stopped put themselves back" [ "$(grep -c "start 1: exit code 0" "$out/log")" -ge 2 ]
check "the parts are merged" merged 1 2 3 4
check "the table is that of one run" same
[ $failures = 0 ] || cat "$out/log"

say "$failures failures"
exit $((failures > 0))
