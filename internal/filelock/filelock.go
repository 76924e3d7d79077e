// Package filelock lets processes take turns: what one does while it holds a lock
// file, no other does.
//
// The lock is the system's, on an open file, and ends with the process that holds
// it, however that ends. The file itself stays: one that is removed while others
// wait for it would be two locks.
package filelock

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// patience is how long a wait is not worth telling anybody.
const patience = time.Second

// Acquire takes the lock at path, which is made if need be in a folder that
// exists, and holds it until release is called, once. A wait of more than a second
// is told to waiting, once, unless that is nil. The error is ctx's, or that of the
// file.
func Acquire(ctx context.Context, path string, waiting func()) (release func(), err error) {
	type result struct {
		unlock func()
		err    error
	}
	locked := make(chan result)
	// The system's call knows no context, so it is left alone when ctx ends.
	go func() {
		unlock, err := lockedfile.MutexAt(path).Lock()
		select {
		case locked <- result{unlock, err}:
		case <-ctx.Done():
			// Nobody waits any more; a lock that comes late is given back.
			if err == nil {
				unlock()
			}
		}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case r := <-locked:
			return r.unlock, r.err
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			if waiting != nil {
				waiting()
			}
		}
	}
}
