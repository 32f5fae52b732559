package cloudwatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The limits of a dashboard. Source: "Dashboard Body Structure and Syntax" of the API reference.
const (
	maxWidgets   = 500
	gridWidth    = 24
	widgetHeight = 1000
	maxListed    = 100 // alarms in one widget
)

type dashboardBody struct {
	Start          string `json:"start"`
	End            string `json:"end"`
	PeriodOverride string `json:"periodOverride"`
	Widgets        *[]struct {
		Type       string          `json:"type"`
		X          *int            `json:"x"`
		Y          *int            `json:"y"`
		Width      int             `json:"width"`
		Height     int             `json:"height"`
		Properties json.RawMessage `json:"properties"`
	} `json:"widgets"`
}

// CheckDashboard checks the body of a dashboard against the documented structure. It refuses members that it does not know.
func CheckDashboard(body []byte) error {
	var d dashboardBody
	if err := strict(body, &d); err != nil {
		return err
	}
	switch {
	case d.Widgets == nil:
		return errors.New("it must have widgets")
	case len(*d.Widgets) > maxWidgets:
		return fmt.Errorf("it has %d widgets, more than %d", len(*d.Widgets), maxWidgets)
	case !slices.Contains([]string{"", "auto", "inherit"}, d.PeriodOverride):
		return fmt.Errorf("periodOverride %q is neither auto nor inherit", d.PeriodOverride)
	case d.Start != "" && !relativeTime.MatchString(d.Start):
		return fmt.Errorf("start %q is not a relative time such as -PT24H", d.Start)
	}
	for i, w := range *d.Widgets {
		if (w.X == nil) != (w.Y == nil) {
			return fmt.Errorf("widget %d has only one of x and y", i+1)
		}
		if w.X != nil && (*w.X < 0 || *w.X+w.Width > gridWidth || *w.Y < 0) || w.Width < 1 || w.Width > gridWidth || w.Height < 1 || w.Height > widgetHeight {
			return fmt.Errorf("widget %d does not fit into the grid of %d columns", i+1, gridWidth)
		}
		check := map[string]func([]byte) error{"metric": checkMetricWidget, "text": checkTextWidget, "log": checkLogWidget, "alarm": checkAlarmWidget}[w.Type]
		if check == nil {
			return fmt.Errorf("widget %d has the type %q, not metric, text, log or alarm", i+1, w.Type)
		}
		if err := check(w.Properties); err != nil {
			return fmt.Errorf("widget %d (%s): %w", i+1, w.Type, err)
		}
	}
	return nil
}

var relativeTime = regexp.MustCompile(`^-P(T\d+[HM]|\d+[DWM])$`)

func strict(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

type axis struct {
	Min       *float64 `json:"min"`
	Max       *float64 `json:"max"`
	Label     string   `json:"label"`
	ShowUnits *bool    `json:"showUnits"`
}

func checkMetricWidget(properties []byte) error {
	var p struct {
		Metrics     [][]json.RawMessage         `json:"metrics"`
		Region      string                      `json:"region"`
		Title       string                      `json:"title"`
		View        string                      `json:"view"`
		Stacked     bool                        `json:"stacked"`
		Period      int                         `json:"period"`
		Stat        string                      `json:"stat"`
		LiveData    bool                        `json:"liveData"`
		YAxis       struct{ Left, Right *axis } `json:"yAxis"`
		Annotations struct {
			Horizontal []struct {
				Value float64 `json:"value"`
				Label string  `json:"label"`
				Fill  string  `json:"fill"`
			} `json:"horizontal"`
		} `json:"annotations"`
	}
	if err := strict(properties, &p); err != nil {
		return err
	}
	switch {
	case p.Region == "":
		return errors.New("it must have a region")
	case len(p.Metrics) == 0:
		return errors.New("it must have metrics")
	case !slices.Contains([]string{"", "timeSeries", "singleValue", "gauge", "bar", "pie", "table"}, p.View):
		return fmt.Errorf("the view %q is unknown", p.View)
	case p.Period != 0 && p.Period%60 != 0:
		return fmt.Errorf("the period %d is no multiple of 60", p.Period)
	}
	for _, m := range p.Metrics {
		if err := checkMetricRow(m); err != nil {
			return err
		}
	}
	return nil
}

// checkMetricRow checks [NAMESPACE, METRIC, DIMENSION, VALUE, ..., {rendering}] or [{expression}].
func checkMetricRow(row []json.RawMessage) error {
	names := 0
	for i, part := range row {
		var text string
		if json.Unmarshal(part, &text) == nil {
			names++
			continue
		}
		if i != len(row)-1 {
			return fmt.Errorf("the metric %s has a part that is not text before its end", row)
		}
		var rendering struct {
			Expression string `json:"expression"`
			ID         string `json:"id"`
			Label      string `json:"label"`
			Stat       string `json:"stat"`
			Period     int    `json:"period"`
			YAxis      string `json:"yAxis"`
			Color      string `json:"color"`
			Visible    *bool  `json:"visible"`
			Region     string `json:"region"`
		}
		if err := strict(part, &rendering); err != nil {
			return err
		}
		if names == 0 && rendering.Expression == "" {
			return errors.New("a metric has neither names nor an expression")
		}
	}
	if names != 0 && (names < 2 || names%2 != 0) {
		return fmt.Errorf("the metric %s does not have a namespace, a name, and pairs of dimensions", row)
	}
	return nil
}

func checkTextWidget(properties []byte) error {
	var p struct {
		Markdown   string `json:"markdown"`
		Background string `json:"background"`
	}
	if err := strict(properties, &p); err != nil {
		return err
	}
	if p.Markdown == "" {
		return errors.New("it must have markdown")
	}
	return nil
}

func checkLogWidget(properties []byte) error {
	var p struct {
		Query  string `json:"query"`
		Region string `json:"region"`
		Title  string `json:"title"`
		View   string `json:"view"`
	}
	if err := strict(properties, &p); err != nil {
		return err
	}
	switch {
	case p.Region == "":
		return errors.New("it must have a region")
	case !strings.HasPrefix(p.Query, "SOURCE '"):
		return errors.New("its query must begin with SOURCE and the names of log groups")
	case !slices.Contains([]string{"", "table", "timeSeries", "bar", "pie"}, p.View):
		return fmt.Errorf("the view %q is unknown", p.View)
	}
	return nil
}

func checkAlarmWidget(properties []byte) error {
	var p struct {
		Alarms []string `json:"alarms"`
		Title  string   `json:"title"`
		SortBy string   `json:"sortBy"`
		States []string `json:"states"`
	}
	if err := strict(properties, &p); err != nil {
		return err
	}
	switch {
	case len(p.Alarms) == 0 || len(p.Alarms) > maxListed:
		return fmt.Errorf("it has %d alarms, not 1 to %d", len(p.Alarms), maxListed)
	case !slices.Contains([]string{"", "default", "stateUpdatedTimestamp", "timestamp"}, p.SortBy):
		return fmt.Errorf("sortBy %q is unknown", p.SortBy)
	}
	for _, arn := range p.Alarms {
		if !strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":alarm:") {
			return fmt.Errorf("%q is not the ARN of an alarm", arn)
		}
	}
	return nil
}
