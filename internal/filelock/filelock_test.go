package filelock_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/productinfo/productinfo/internal/filelock"
)

func TestHoldersTakeTurns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	var inside atomic.Int32 // the race detector does not see what the lock orders
	var holders sync.WaitGroup
	for range 8 {
		holders.Go(func() {
			for range 20 {
				release, err := filelock.Acquire(t.Context(), path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				inside.Add(-1)
				release()
			}
		})
	}
	holders.Wait()
}

// TestALongWaitIsTold has the holder let go when it hears of the other's wait.
func TestALongWaitIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := filelock.Acquire(t.Context(), path, func() { t.Error("a wait for nothing") })
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	second, err := filelock.Acquire(t.Context(), path, func() { told++; first() })
	if err != nil {
		t.Fatal(err)
	}
	second()
	if told != 1 {
		t.Errorf("the wait was told %d times", told)
	}
}

func TestACancelledWaitEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := filelock.Acquire(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := filelock.Acquire(ctx, path, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	first()
	// A lock that came after all was given back.
	third, err := filelock.Acquire(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	third()
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none", "lock")
	if _, err := filelock.Acquire(t.Context(), path, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}
