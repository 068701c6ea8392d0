#!/usr/bin/env bash
# Installs Vulkan in software (lavapipe, Mesa >= 25) on Debian or Ubuntu.
# Mesa 22, which Debian 12 ships, silently ends every shader loop after 65,535 iterations.
set -euo pipefail

readonly wanted=25
readonly packages=(mesa-vulkan-drivers libvulkan1)

# With sudo where the user is not root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Whether the version on stdin ("25.0.7-2~bpo12+1", "1:25.0") is new enough; "(none)" and "" are not.
new_enough() {
    local major
    major=$(sed -E 's/^[0-9]+://; s/[^0-9].*//')
    [ "${major:-0}" -ge "$wanted" ]
}

installed() {
    local states
    states=$(dpkg-query -W -f='${db:Status-Status}\n' "${packages[@]}" 2>/dev/null) &&
        ! grep -qvx installed <<<"$states" &&
        dpkg-query -W -f='${Version}' mesa-vulkan-drivers | new_enough
}

candidate() {
    apt-cache policy mesa-vulkan-drivers | sed -n 's/^ *Candidate: *//p'
}

# Prints the machine's own source of the main archive with the suite replaced by the backports,
# so that mirrors and keys stay those that the machine is set up with.
backports_source() {
    local codename=$1 file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] || continue
        # The first deb822 stanza for binaries that names the suite itself (not -security alone).
        awk -v suite="$codename" '
            BEGIN { RS = ""; FS = "\n" }
            {
                hit = 0
                for (i = 1; i <= NF; i++) {
                    n = split($i, word, /[ \t]+/)
                    if (tolower(word[1]) == "suites:")
                        for (j = 2; j <= n; j++) if (word[j] == suite) hit = 1
                    if (tolower($i) ~ /^enabled:[ \t]*no/) { hit = 0; break }
                }
                if (!hit) next
                for (i = 1; i <= NF; i++) {
                    if (tolower($i) ~ /^suites:/) $i = "Suites: " suite "-backports"
                    print $i
                }
                exit
            }' "$file" >"$scratch/source"
        if [ -s "$scratch/source" ]; then
            target=/etc/apt/sources.list.d/$codename-backports.sources
            return
        fi
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$file" ] || continue
        # deb [options] URI suite components
        sed -nE "s/^(deb[[:space:]]+(\[[^]]*\][[:space:]]+)?[^[:space:]]+[[:space:]]+)$codename([[:space:]])/\1$codename-backports\3/p" \
            "$file" | head -n 1 >"$scratch/source"
        if [ -s "$scratch/source" ]; then
            target=/etc/apt/sources.list.d/$codename-backports.list
            return
        fi
    done
    echo "lavapipe.sh: no apt source names $codename; add $codename-backports by hand" >&2
    exit 1
}

if installed; then exit 0; fi

as_root apt-get update -q
release=()
if ! candidate | new_enough; then
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # What the machine already offers there, if anything: a source given by hand is used as it is.
    if ! apt-cache madison mesa-vulkan-drivers | grep -q '~bpo'; then
        scratch=$(mktemp -d)
        trap 'rm -rf "$scratch"' EXIT
        backports_source "$codename"
        as_root install -m 644 "$scratch/source" "$target"
        as_root apt-get update -q
    fi
    release=(-t "$codename-backports")
fi
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    "${release[@]}" "${packages[@]}"

if ! installed; then
    echo "lavapipe.sh: Mesa is still older than $wanted" >&2
    exit 1
fi
