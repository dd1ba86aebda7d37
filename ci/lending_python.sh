#!/usr/bin/env bash
# Usage: lending_python.sh [--venv]
#
# The consumer of lent frames in Python: with nothing but the standard library, then with numpy, and
# with onnxruntime looking at frames, those of cuframes lend among them. These packages are installed
# once, into the target directory; --venv does that alone, and prints where.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(numpy==2.4.6 onnx==1.23.2 onnxruntime==1.31.1)

venv=$(realpath -m "${CARGO_TARGET_DIR:-target}")/lending-python/$(md5sum <<<"${packages[*]}" | cut -c1-8)
mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9
# The marker is its last file: without it, whoever made it did not come to the end.
if [ ! -e "$venv/complete" ] || [ ! -x "$venv/bin/python" ]; then
    /usr/bin/python3 -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}" >&2
    touch "$venv/complete"
fi
exec 9>&-
[ "${1:-}" != --venv ] || { echo "$venv"; exit; }

# The same choice of packages as elsewhere: for another, cargo would build the library once more.
[ -n "${CUFRAMES_BIN:-}" ] || cargo build -q --release -p cuframes-racing -p libcuframes -p cuframes-program -p cuframes-cli
CUFRAMES_BIN=${CUFRAMES_BIN:-$(realpath "${CARGO_TARGET_DIR:-target}")/release/cuframes}
export CUFRAMES_BIN
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD/bridges/dmabuf/python
cd bridges/dmabuf/python/tests
log=$(mktemp)
trap 'rm -f "$log"' EXIT
/usr/bin/python3 -W error -m unittest "$@" 2>&1
"$venv/bin/python" -W error -m unittest "$@" 2>&1 | tee "$log"
# Here is all that they need.
! grep -q 'skipped=' "$log" || { echo "tests were skipped"; exit 1; }
