#!/bin/bash
# The golden-image story with every byte of memory watched: an error or a
# definite leak fails.  Nothing here needs a helper process: valgrind 3.19 does not know the
# system call that watches one.  usage: DRIFTBELL=build/dev/driftbell tests/e2e/valgrind.sh [TEST...]
set -euo pipefail
cd "$(dirname "$0")"

binary=${DRIFTBELL:-../../build/dev/driftbell}
DRIFTBELL=$(realpath "$binary")
export DRIFTBELL
export DRIFTBELL_SLOWER=10
export DRIFTBELL_WRAPPER="valgrind --quiet --error-exitcode=99 --leak-check=full \
	--show-leak-kinds=definite --errors-for-leak-kinds=definite --child-silent-after-fork=yes --num-callers=20"

# A sanitized binary and valgrind do not go together.
if nm "$DRIFTBELL" 2>/dev/null | grep -q __asan_init; then
	echo "valgrind.sh: $DRIFTBELL is built with a sanitizer" >&2
	exit 2
fi
command -v valgrind >/dev/null || { echo "valgrind.sh: valgrind is not installed" >&2; exit 2; }

tests=("$@")
((${#tests[@]})) || tests=(
	test_story.Image.test_from_schedule_over_revocation_to_cleared
	test_story.Workspace.test_drift_on_a_revoked_image_is_critical
	test_run_task.Checked.test_other_stages_are_answered_at_once
	test_config.Reload.test_a_bad_config_keeps_the_old_one_and_says_why
	test_smoke.Smoke.test_start_take_tell_ask_reload_restart_stop
)
exec python3 -B -m unittest -v "${tests[@]}"
