#!/bin/bash
# up.sh DIR: a whole Slurm of one node in DIR, on loopback, without systemd. DIR/env is for the shells that use it.
set -euo pipefail
mkdir -p "$1"/{munge,state,spool,log}
dir=$(cd "$1" && pwd)
host=$(hostname -s)
chmod 755 "$dir" "$dir/munge" "$dir/spool"
chmod 700 "$dir/state"
# A key and a socket of its own: those of the system stay as they are.
(umask 077 && head -c 1024 /dev/urandom > "$dir/munge/key")

cat > "$dir/slurm.conf" <<CONF
ClusterName=spikeprune
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CredType=cred/munge
# A job that is put back waits until its credential has expired.
AuthInfo=socket=$dir/munge/socket,cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
JobRequeue=1
KillWait=5
BatchStartTimeout=2
MailProg=/bin/true
SlurmdTimeout=20
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$dir/slurm.conf
echo "export SLURM_CONF=$SLURM_CONF" > "$dir/env"

# Each daemon in a session of its own, its pid in a file.
start() {
    setsid nohup "${@:2}" > "$dir/log/$1" 2>&1 < /dev/null &
    echo $! > "$dir/$1.run"
}
start munged munged --foreground --num-threads=1 --key-file="$dir/munge/key" --socket="$dir/munge/socket" \
    --pid-file="$dir/munge/pid" --seed-file="$dir/munge/seed" --log-file="$dir/log/munge"
for _ in $(seq 100); do [ -S "$dir/munge/socket" ] && break || sleep 0.05; done
start slurmctld slurmctld -D -c -f "$SLURM_CONF"
start slurmd slurmd -D -c -f "$SLURM_CONF"
for _ in $(seq 300); do
    [ "$(sinfo -h -o %t 2>/dev/null)" = idle ] && exit 0
    sleep 0.1
done
tail -n 20 "$dir"/log/* >&2
echo "error: no idle node after 30 s" >&2
exit 1
