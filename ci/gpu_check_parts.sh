# The parts of a GPU check: what each runs, how long it may take, and what the table says of it.
# Sourced by gpu-check.sh, which sets bin, budget, work, out and simulated.

passed=0
failed=0
skipped=0
rows=$work/rows
skips=$work/skips
figures=$work/figures
touch "$rows" "$skips" "$figures"
ends=$((SECONDS + budget))

# look_at_machine: what doctor says of it; false, and a reason, if there is no GPU to check.
look_at_machine() {
    timeout --kill-after=5 120 "$bin/cuframes" doctor --json >"$work/doctor.json" 2>"$work/doctor.err"
    device=$(sed -n 's/.*"devices":\[{[^}]*"name":"\([^"]*\)".*/\1/p' "$work/doctor.json")
    cuda=$(sed -n 's/.*"driver":{"cuda":"\([^"]*\)".*/\1/p' "$work/doctor.json")
    driver=$(grep -o '[0-9]\{3,\}\.[0-9.]*' /proc/driver/nvidia/version 2>/dev/null | head -n 1)
    # Whoever puts the simulated driver in the way does not get a table of a GPU.
    [[ $device != Simulated* ]] || simulated=true
    [ -n "$device" ] && return
    reason=$(sed -n 's/.*"driver":{[^}]*"error":"\([^}]*\)"}.*/\1/p' "$work/doctor.json")
    reason=${reason:-$(cat "$work/doctor.err")}
    reason=${reason:-the driver has no device}
    return 1
}

# skip WHAT WHY: names what a machine lacks, or what there was no time for.
skip() {
    skipped=$((skipped + 1))
    echo "- $1: $2" >>"$skips"
    echo "skipped: $1: $2"
}

# row WHAT RESULT TIME COUNTED...
row() { echo "| $1 | $2 | $3 s | ${*:4} |" >>"$rows"; }

# why_failed LOG: what a test panicked with, else the last line.
why_failed() {
    grep -A 2 -m 1 'panicked at' "$1" | tail -n +2 | paste -sd ' ' | grep . ||
        grep -v '^$' "$1" | tail -n 1
}

# part WHAT SECONDS COMMAND...: runs a command, no longer than that nor than what is left of the
# budget. A test that could count nothing and says why was skipped, and did not pass.
part() {
    local what=$1 limit=$2 log status=0 started took left=$((ends - SECONDS)) counted cut=false
    shift 2
    if [ $left -lt 5 ]; then
        skip "$what" "the budget of $budget seconds is used up"
        return
    fi
    [ "$limit" -lt $left ] || { limit=$left && cut=true; }
    log="$work/${what//[^a-zA-Z0-9]/-}.log"
    printf '%-58s ' "$what"
    started=$SECONDS
    timeout --kill-after=5 "$limit" "$@" >"$log" 2>&1 </dev/null || status=$?
    took=$((SECONDS - started))
    counted=$(grep -o 'COUNT .*' "$log" | sed 's/^COUNT //' | paste -sd ';' | sed 's/;/; /g')
    printf '%4d s  ' "$took"
    if $cut && [ $status -eq 124 ]; then
        echo "skipped"
        skip "$what" "the budget of $budget seconds ended before it did"
        return
    fi
    if [ $status -ne 0 ]; then
        failed=$((failed + 1))
        [ $status -ne 124 ] || echo "not done within $limit seconds" >>"$log"
        echo "FAILED"
        sed 's/^/    /' "$log" | tail -n 40
        row "$what" "**failed**" "$took" "$(why_failed "$log" | tr '|`' '/ ' | cut -c 1-300)"
        return
    fi
    if [ -z "$counted" ] && grep -q 'skipped: ' "$log"; then
        echo "skipped"
        skip "$what" "$(grep -o 'skipped: .*' "$log" | sed 's/^skipped: //' | sort -u | paste -sd ';')"
        return
    fi
    passed=$((passed + 1))
    echo "ok"
    row "$what" passed "$took" "$counted"
}

# one WHAT SECONDS PROGRAM TEST...: tests by name, one after the other.
one() { part "$1" "$2" "$bin/$3" --exact --nocapture --test-threads=1 "${@:4}"; }

# campaign WHAT TIMES PERCENT PROGRAM TEST: a test of TIMES campaigns, each of which goes on for so
# many hundredths of the budget at most, and needs as long again to begin and to end. A simulation
# has nothing to find out by more of it.
campaign() {
    local share=$((budget * $3 / 100))
    ! $simulated || share=$((60 * $3 / 100))
    [ $share -ge 1 ] || share=1
    export CUFRAMES_SECONDS=$share
    one "$1" $((2 * share * $2 + 60)) "$4" "$5"
    unset CUFRAMES_SECONDS
}

# The pairs that doctor finds, and why it does not find the others.
pairs() {
    local pair why
    while read -r pair why; do
        skip "${pair/+/ + }" "$why"
    done < <(grep -o '"pair":"cuda_[^}]*' "$work/doctor.json" | grep -v '"outcome":"works"' |
        sed 's/^"pair":"\([^"]*\)".*"reason":"\(.*\)","remedy".*/\1 \2/')
    part "doctor: a pair on this GPU works" 10 \
        grep -q '"pair":"cuda_[^}]*"outcome":"works"' "$work/doctor.json"
    part "the probe of CUDA IPC was found and asked" 10 \
        grep -q '"ipc_helper":"' "$work/doctor.json"
}

# What the protocol asks of a driver and no document answers.
questions() {
    local test=containers::gpu
    one "handles that lead nowhere" 60 gpu_questions handles_that_lead_nowhere
    one "maps that may only be read" 60 gpu_questions maps_that_may_only_be_read
    one "cuda_vmm between containers that share nothing else" 60 cli \
        $test::vmm_needs_the_directory_and_the_gpu
    one "cuda_ipc is refused to a process with the same pid value" 60 cli \
        $test::ipc_needs_another_pid_value_on_each_side
    one "events are refused without the same /dev/shm" 60 cli $test::events_need_the_same_dev_shm
    part "frames of NVDEC, through FFmpeg" 90 "$root/ci/gpu_check_nvdec.sh" "$bin" ""
    part "frames of NVDEC, cuda_ipc + timeline" 90 "$root/ci/gpu_check_nvdec.sh" "$bin" \
        :memory=cuda_ipc:sync=timeline
}

run_all() {
    local pair memory sync
    pairs
    one "kernels calculate what the processor does" 60 gpu_kernels \
        kernels_paint_and_add_up_what_the_processor_does
    one "without the wait pixels are wrong, with it none" 90 gpu_controls \
        who_does_not_wait_sees_what_is_not_painted
    one "without the ACK pixels are wrong, with it none" 90 gpu_controls \
        who_gives_back_too_early_sees_what_is_painted_next
    one "without lease_seq pixels are wrong, with it none" 90 gpu_controls \
        who_does_not_say_which_frame_was_leased_sees_what_is_painted_next
    for pair in ipc_cpu ipc_event ipc_timeline vmm_cpu vmm_event vmm_timeline; do
        memory=cuda_${pair%_*} sync=${pair#*_}
        campaign "every pixel of every frame, $memory + $sync" 1 4 gpu_frames ${pair}::every_pixel_is_right
    done
    figures
    one "a frame that will never be complete is aborted" 60 gpu_kills \
        a_frame_that_will_never_be_complete_is_aborted
    one "one process is both sides" 60 gpu_edges one_process_is_both_sides
    one "a stream that never ends loses its frame" 90 gpu_edges \
        a_stream_that_never_ends_keeps_its_frame_and_then_loses_it
    one "another size while frames are held" 60 gpu_edges another_size_while_frames_are_held
    questions
    campaign "joins" 6 1 gpu_kills joining_and_leaving_costs_nothing_that_stays
    campaign "subscribers killed" 6 1 gpu_kills killed_subscribers_are_not_noticed
    campaign "publishers killed, cpu" 2 1 gpu_kills killed_publishers_are_outlived_with_sync_cpu
    campaign "publishers killed, event" 4 1 gpu_kills killed_publishers_are_outlived_with_events
    campaign "publishers killed, timeline" 6 1 gpu_kills killed_publishers_are_outlived_with_a_timeline
}

# figures: the benches; one run takes twenty seconds on a slow machine.
figures() {
    local runs=$((budget / 200))
    [ $runs -ge 1 ] || runs=1
    [ $runs -le 5 ] || runs=5
    part "benches, $runs runs" $((runs * 60)) sh -c '"$0" --only gpu --patience 10 --runs "$1" >"$2"' \
        "$bin/bench" $runs "$figures"
}

# write_table: what was found, dated. A simulation has another name, so that nobody keeps it.
write_table() {
    local name=gpu
    ! $simulated || name=gpu-simulated
    mkdir -p "$out"
    table=$out/$(date +%F)-$name.md
    {
        echo "# GPU check of $(date +%F)"
        echo
        ! $simulated || printf '**simulated: these figures describe a simulation and no GPU**\n\n'
        echo "$device, driver ${driver:-unknown}, CUDA $cuda; $(nproc) processors, Linux $(uname -r)."
        echo "$passed passed, $failed failed, $skipped skipped, in $SECONDS of $budget seconds."
        echo "Stated are 10^5 frames a pair, 1000 joins, and 200 kills of subscribers and of publishers"
        echo "over all pairs; what there was time for is in the last column."
        echo
        echo "| part | result | time | counted |"
        echo "|---|---|---|---|"
        cat "$rows"
        printf '\n## Skipped\n\n'
        if [ -s "$skips" ]; then cat "$skips"; else echo "Nothing."; fi
        printf '\n## Figures\n\n'
        cat "$figures"
        printf '\n## What doctor says\n\n```\n'
        timeout --kill-after=5 60 "$bin/cuframes" doctor
        printf '```\n'
    } >"$table"
}
