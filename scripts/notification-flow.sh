#!/usr/bin/env bash
# The requirement's six steps, by curl, against a running portal with NOTIFY_TEST_ENDPOINTS=true (`make run` has it).
# Prints each step; ends with 1 at the first that fails.
#
#   BASE_URL    http://127.0.0.1:3000
#   TOKEN       of a project manager; without it: signs in with
#   EMAIL       pm@example.com
#   PASSWORD    demo-password
#   PROJECT_ID  11111111-1111-4111-8111-111111111111, which that person manages
#
# The counts must be exact, so nothing else may notify that person meanwhile.
set -euo pipefail

base=${BASE_URL:-http://127.0.0.1:3000}
base=${base%/}
project=${PROJECT_ID:-11111111-1111-4111-8111-111111111111}
python=$(dirname "$0")/../.venv/bin/python
[ -x "$python" ] || python=$(command -v python3 || command -v python)
token=${TOKEN:-}
status=
body=

fail() {
    echo "  FAILED: $*" >&2
    exit 1
}

# call METHOD PATH [JSON]: sets $status and $body
call() {
    local options=(--silent --show-error --max-time 20 --request "$1" --write-out '\n%{http_code}')
    [ -z "$token" ] || options+=(--header "Authorization: Bearer $token")
    [ $# -lt 3 ] || options+=(--header 'Content-Type: application/json' --data "$3")
    local answer
    answer=$(curl "${options[@]}" "$base$2" 2>&1) || fail "$1 $2: ${answer%%$'\n'*}"
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
}

# expect STATUS: the last call's
expect() { [ "$status" = "$1" ] || fail "the answer is $status, not $1: $body"; }

# field NAME...: a value within $body; numbers index lists
field() {
    "$python" -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1:]:
    value = value[int(name) if name.isdigit() else name]
print(json.dumps(value) if isinstance(value, bool) else value)' "$@" <<<"$body" 2>/dev/null ||
        fail "the answer has no $*: $body"
}

uuid() { "$python" -c 'import uuid; print(uuid.uuid4())'; }

# json NAME VALUE...: an object of strings
json() {
    "$python" -c 'import json, sys; print(json.dumps(dict(zip(sys.argv[1::2], sys.argv[2::2]))))' "$@"
}

unread() {
    call GET /api/notifications/unread_count
    expect 200
    count=$(field count)
}

# same WHAT GOT WANTED
same() { [ "$2" = "$3" ] || fail "$1 is $2, not $3"; }

step() { echo "$1. $2"; }
ok() { echo "  ok: $*"; }

if [ -z "$token" ]; then
    email=${EMAIL:-pm@example.com}
    step 0 "Sign in as $email"
    call POST /api/auth/login "$(json email "$email" password "${PASSWORD:-demo-password}")"
    expect 200
    token=$(field access_token)
    ok "a token"
fi
unread
before=$count

step 1 "A client creates an issue"
issue=$(uuid)
call POST /api/testnotify/issue "$(json project_id "$project" issue_id "$issue" message 'New window leak reported')"
expect 204
ok "issue $issue"

step 2 "A client posts a message"
message=$(uuid)
call POST /api/testnotify/message "$(json project_id "$project" message_id "$message" snippet 'When will it be fixed?')"
expect 204
ok "message $message"

step 3 "The unread count has grown by two"
unread
same "the count" "$count" $((before + 2))
ok "$before, now $count"

step 4 "Both are at the top of the list, the newest first, with the pages they open"
call GET '/api/notifications?cursor='
expect 200
same "the source of the first" "$(field items 0 source_id)" "$message"
same "the source of the second" "$(field items 1 source_id)" "$issue"
same "the page of the first" "$(field items 0 route_path)" "/projects/$project/messages?focus=$message"
same "the page of the second" "$(field items 1 route_path)" "/projects/$project/issues/$issue"
same "is_read of the first" "$(field items 0 is_read)" false
notification=$(field items 0 id)
ok "$(field items 0 route_path)"
ok "$(field items 1 route_path)"

step 5 "Reading one takes one off the count"
call POST "/api/notifications/$notification/read"
expect 204
unread
same "the count" "$count" $((before + 1))
ok "now $count"

step 6 "Reading all makes the count zero"
call POST /api/notifications/read_all
expect 204
unread
same "the count" "$count" 0
ok "now $count"

echo "All steps passed."
