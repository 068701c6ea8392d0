#!/usr/bin/env bash
# The Python package: its sources as they are distributed, a wheel built of them, and its tests in a fresh environment.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    apt-get update -q
    apt-get install -qy --no-install-recommends python3 python3-venv
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/build"
"$work/build/bin/pip" install -q 'maturin>=1.9,<2'
maturin=$work/build/bin/maturin
(cd src/python && "$maturin" sdist --out "$work/sdist")
mkdir "$work/sources"
# Newer than anything that was built before.
tar xzmf "$work"/sdist/*.tar.gz -C "$work/sources" --strip-components 1
(cd "$work/sources" && CARGO_TARGET_DIR="$OLDPWD/target" "$maturin" build --release --out "$work/wheel")
wheel=$(echo "$work"/wheel/*.whl)
case $wheel in
    *abi3-manylinux*) ;;
    *) echo "error: $wheel is no wheel for many Linux systems" >&2 && exit 1 ;;
esac

python3 -m venv "$work/user"
"$work/user/bin/pip" install -q "$wheel[test]"
export PATH="$work/user/bin:$PATH"
(cd src/python && mypy)
pytest -c src/python/pyproject.toml --rootdir src/python src/python/tests
pytest -c src/python/pyproject.toml --rootdir src/python --doctest-modules --pyargs spikeprune \
    --ignore-glob '*__main__.py'
pytest --nbmake --nbmake-timeout 300 -q tests/notebooks
