# Stages of a test run: each is named, timed and counted. Sourced by test.sh.

passed=0
failed=0
skipped=0
failures=()
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# stage NAME COMMAND...: runs a command, shows its output only if it fails, and counts what it
# counted: the closing lines of cargo test, of unittest and of gpu-check.sh, else the stage itself
# as one.
# Exit status 77 means that the stage says itself that it was skipped, and why.
stage() {
    local name=$1
    shift
    printf '%-34s ' "$name"
    perform "$(log_of "$name")" "$@"
    tell "$name"
}

# meanwhile NAME COMMAND...: as stage, beside the stages that follow, until `join NAME`, which tells
# of it. For what waits more than it calculates.
meanwhile() {
    local log
    log=$(log_of "$1")
    shift
    perform "$log" "$@" &
    echo $! >"$log.pid"
}

join() {
    printf '%-34s ' "$1"
    wait "$(cat "$(log_of "$1").pid")"
    tell "$1"
}

log_of() { echo "$logs/${1//[^a-zA-Z0-9]/-}"; }

# perform LOG COMMAND...: leaves what the command said, its exit status and its seconds.
perform() {
    local log=$1 started status=0
    shift
    started=$(date +%s.%N)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    echo "$status $(echo "$(date +%s.%N) - $started" | bc)" >"$log.done"
}

# tell NAME: the outcome of what was performed.
tell() {
    local name=$1 log status seconds
    log=$(log_of "$name")
    read -r status seconds <"$log.done"
    printf '%6.1f s  ' "$seconds"
    count "$log" "$status"
    case $status in
        0)
            echo "ok, $ok passed"
            grep -ho 'skipped: .*' "$log" | sed 's/^/    /'
            ;;
        77) echo "SKIPPED: $(tail -n 1 "$log")" ;;
        *)
            failures+=("$name")
            echo "FAILED, $ok passed, $bad failed"
            sed 's/^/    /' "$log" | tail -n 60
            ;;
    esac
}

# count LOG STATUS: sets ok and bad, and adds them to the totals.
count() {
    ok=$(awk '/^test result:/ {n += $4} /^Ran [0-9]+ tests? in/ {n += $2} /^[0-9]+ checks? passed/ {n += $1} /^[0-9]+ passed, [0-9]+ failed/ {n += $1} END {print n + 0}' "$1")
    bad=$(awk '/^test result:/ {n += $6} /^[0-9]+ passed, [0-9]+ failed/ {n += $3} END {print n + 0}' "$1")
    local ignored
    ignored=$(awk '/^test result:/ {n += $8} END {print n + 0}' "$1")
    # A test that finds nothing to test says so in a line of its own, and is no test passed.
    local told
    told=$(grep -c 'skipped: ' "$1")
    ignored=$((ignored + told)) ok=$((ok - told))
    case $2 in
        0) [ $((ok + told)) -gt 0 ] || ok=1 ;;
        77) skipped=$((skipped + 1)) ok=0 ;;
        *) [ "$bad" -gt 0 ] || bad=1 ;;
    esac
    passed=$((passed + ok))
    failed=$((failed + bad))
    skipped=$((skipped + ignored))
}

# summary: the last line, and the exit status.
summary() {
    [ ${#failures[@]} -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
