package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/rivo/uniseg"
)

// progressState is what people are shown of a stage.
type progressState struct {
	stage       string
	units, done int           // units is 0 where nobody knows how many there are
	unit        string        // the one running longest, else the last one done
	elapsed     time.Duration // since the stage began
}

// left estimates how long the rest takes from how long the units took that are
// done. Before one in a hundred is done, that says nothing.
func (s progressState) left() (left time.Duration, known bool) {
	if s.done*100 < s.units || s.done >= s.units {
		return 0, false
	}
	return time.Duration(float64(s.elapsed) * float64(s.units-s.done) / float64(s.done)), true
}

// times says how long it takes yet, or else how long it has taken.
func (s progressState) times() string {
	if left, known := s.left(); known {
		return duration(left) + " left"
	}
	return duration(s.elapsed)
}

const (
	barCells    = 24 // of the bar in its brackets
	barMinWidth = 64 // of a terminal that has room for the bar
)

// barLine returns the line that a terminal of so many columns shows. It does not
// fill the last column, where some terminals begin a new line.
func barLine(s progressState, width int) string {
	fields := []string{s.stage}
	if s.units > 0 {
		done := min(s.done, s.units)
		if width >= barMinWidth {
			fields = append(fields, bar(done, s.units))
		}
		total := fmt.Sprint(s.units)
		fields = append(fields, fmt.Sprintf("%*d/%s", len(total), done, total))
	}
	fields = append(fields, s.times())
	if s.unit != "" {
		fields = append(fields, s.unit)
	}
	return truncate(strings.Join(fields, "  "), width-1)
}

func bar(done, units int) string {
	full := done * barCells / units
	head := ""
	if full < barCells {
		head = ">"
	}
	return "[" + strings.Repeat("=", full) + head + strings.Repeat(" ", barCells-full-len(head)) + "]"
}

// plainLine returns the line that is printed where there is no terminal.
func plainLine(s progressState) string {
	if s.units == 0 {
		return fmt.Sprintf("%s: %s so far", s.stage, duration(s.elapsed))
	}
	times := s.times()
	if _, known := s.left(); !known {
		times += " so far"
	}
	return fmt.Sprintf("%s: %d of %d (%s)", s.stage, min(s.done, s.units), s.units, times)
}

// startLine and endLine return the lines that --verbose prints of a stage.
func startLine(s progressState) string {
	if s.units == 0 {
		return s.stage + ": begun"
	}
	return fmt.Sprintf("%s: begun, %s", s.stage, count(s.units, "unit"))
}

func endLine(s progressState) string {
	return fmt.Sprintf("%s: ended after %.2f s", s.stage, s.elapsed.Seconds())
}

// duration prints a duration for people, to the second.
func duration(d time.Duration) string {
	d = d.Round(time.Second)
	hours, minutes, seconds := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	default:
		return fmt.Sprintf("%d s", seconds)
	}
}

// truncate shortens text to so many columns of a terminal. What would not print
// as a character of its own, such as the start of an escape sequence in a file's
// name, becomes "?".
func truncate(text string, columns int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, text)
	if uniseg.StringWidth(text) <= columns {
		return text
	}
	const ellipsis = "…"
	var kept strings.Builder
	width, state := 1, -1 // the ellipsis is a column wide
	for text != "" {
		var cluster string
		var w int
		cluster, text, w, state = uniseg.FirstGraphemeClusterInString(text, state)
		if width += w; width > columns {
			break
		}
		kept.WriteString(cluster)
	}
	if columns < 1 {
		return ""
	}
	return kept.String() + ellipsis
}
