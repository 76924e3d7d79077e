package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// blobs reads objects, all by one process, and calls each with the number of each
// and its content, in order. The first error of each ends it.
func (r Repo) blobs(ctx context.Context, objects []string, each func(i int, content []byte) error) error {
	if len(objects) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.command(ctx, "cat-file", "--batch")
	cmd.Stdin = strings.NewReader(strings.Join(objects, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git: %w", err)
	}
	stopped := readBlobs(out, objects, each)
	if stopped != nil {
		// git would wait for ever on a pipe that nobody reads.
		cancel()
	}
	ended := cmd.Wait()
	switch {
	case stopped != nil && stderr.Len() > 0:
		return fmt.Errorf("%w: %s", stopped, bytes.TrimSpace(stderr.Bytes()))
	case stopped != nil:
		return stopped
	case ended != nil:
		return fmt.Errorf("git cat-file: %w: %s", ended, bytes.TrimSpace(stderr.Bytes()))
	}
	return nil
}

// readBlobs reads what git cat-file --batch prints of each object: a line of its
// name, type and size in bytes, the content, and a line feed.
func readBlobs(out io.Reader, objects []string, each func(i int, content []byte) error) error {
	in := bufio.NewReader(out)
	for i, object := range objects {
		header, err := in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("git cat-file: object %s: %w", object, err)
		}
		fields := strings.Fields(header)
		if len(fields) != 3 || fields[1] != "blob" {
			return fmt.Errorf("git cat-file: object %s: git says %q", object, strings.TrimSpace(header))
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			return fmt.Errorf("git cat-file: object %s: %w", object, err)
		}
		content := make([]byte, size+1)
		if _, err := io.ReadFull(in, content); err != nil {
			return fmt.Errorf("git cat-file: object %s: %w", object, err)
		}
		if err := each(i, content[:size]); err != nil {
			return err
		}
	}
	return nil
}
