package cli

import "flag"

// Update is the flag with which tests rewrite what they compare with.
var Update = flag.Bool("update", false, "rewrite what the tests compare with: docs/reference, and the files of scripts")
