# Reads the events of `go test -json` and prints what `go test` would: a line for each package, and all that a failed test
# has said. The last line is how many tests, with subtests, have passed and failed. What is no event, such as a line of
# make's, is printed as it is. The status of go test itself comes through the pipe, not from here.

# field returns the string that an event has under a name, as JSON writes it, without the quotes.
function field(name) {
  if (!match($0, "\"" name "\":\"([^\"\\\\]|\\\\.)*\"")) return ""
  return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
}

# plain returns a string of JSON as the text that it stands for.
function plain(s,   out, c) {
  out = ""
  while (match(s, /\\(u[0-9a-f][0-9a-f][0-9a-f][0-9a-f]|.)/)) {
    c = substr(s, RSTART + 1, RLENGTH - 1)
    out = out substr(s, 1, RSTART - 1) ((c in escapes) ? escapes[c] : (length(c) > 1 ? "?" : c))
    s = substr(s, RSTART + RLENGTH)
  }
  return out s
}

BEGIN {
  escapes["n"] = "\n"; escapes["t"] = "\t"; escapes["r"] = "\r"; escapes["b"] = "\b"; escapes["f"] = "\f"
  escapes["u003c"] = "<"; escapes["u003e"] = ">"; escapes["u0026"] = "&"; escapes["u001b"] = "\033"
  passed = failed = skipped = 0
}

!/^\{/ { print; fflush(); next }

{
  action = field("Action"); test = field("Test"); package = field("Package"); id = package " " test
}

action == "output" && test == "" {
  text = plain(field("Output"))
  if (text != "PASS\n") printf "%s", text
  fflush()
}
action == "output" && test != "" && field("Output") !~ /^=== / { said[id] = said[id] field("Output") }
action == "build-output" { printf "%s", plain(field("Output")) }
action == "pass" && test != "" { passed++; delete said[id] }
action == "skip" && test != "" { skipped++; delete said[id] }
action == "fail" && test != "" { failed++; guilty[package] = 1; printf "%s", plain(said[id]); delete said[id] }
# A package can fail without a test that did: it does not compile, or its process ended.
action == "fail" && test == "" && !(package in guilty) { failed++ }

END {
  for (id in said) printf "%s: never ended:\n%s", id, plain(said[id])
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
