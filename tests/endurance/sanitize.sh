#!/bin/sh
# Builds durable-rules' C module with AddressSanitizer and UndefinedBehaviorSanitizer, from the
# pinned source, and lets the product's engine work with it. Any report fails; `make sanitize`
# calls it. It needs gcc on Linux, and a quarter of an hour at most.
#
#   tests/endurance/sanitize.sh [random rulesets] [decisions for each playbook]
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The same flags as in .ci/venv, for the same undefined behaviour; -O1 keeps the stacks whole.
export CC="gcc -O1 -g -fwrapv -fno-strict-aliasing -fno-omit-frame-pointer \
-fsanitize=address,undefined"
awk '/^durable-rules==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.txt >"$folder/pin"
"$python" -m pip --quiet --disable-pip-version-check --no-cache-dir install --require-hashes \
    --no-deps --no-build-isolation --no-binary :all: --target "$folder/engine" -r "$folder/pin"

# Python itself was built without: it has to be given the libraries, and its own memory pools
# would hide faults from them.
run() {
    LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so) \
$(gcc -print-file-name=libstdc++.so.6)" \
        PYTHONPATH="$folder/engine:$PWD" PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1 \
        ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        "$python" -m "$@" 2>"$folder/reports"
}
reports() {
    grep -cE '(Address|Leak)Sanitizer: |runtime error: ' "$folder/reports" || true
}

for fault in overflow leak division; do
    run tests.endurance.planted $fault || true
    [ "$(reports)" -gt 0 ] || { echo "The planted fault was not noticed: $fault" >&2; exit 1; }
    echo "Noticed the planted fault: $fault"
done
status=0
run tests.endurance.sanitized "$@" || status=$?
cat "$folder/reports" >&2
echo "$(reports) reports of AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer"
[ "$(reports)" -eq 0 ] && exit $status || exit 1
