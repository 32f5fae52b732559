package scheduler_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/google/go-cmp/cmp"
)

// In a synctest bubble the time begins at midnight of 2000-01-01, UTC.

func sleepUntil(t *testing.T, day string) {
	t.Helper()
	at, err := time.Parse("2006-01-02", day)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(at))
	synctest.Wait()
}

func times(calls []call, zone *time.Location) []string {
	var all []string
	for _, c := range calls {
		all = append(all, c.At.In(zone).Format("01-02 15:04:05 -07"))
	}
	return all
}

func TestAMonthOfNights(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		sleepUntil(t, "2000-03-10")
		h.schedule(expression("cron(30 3 * * ? *)"))
		sleepUntil(t, "2000-04-10")
		got := times(h.targets.of("StartExecution"), berlin)
		var want []string
		for day := time.Date(2000, 3, 10, 3, 30, 0, 0, berlin); day.Before(time.Date(2000, 4, 10, 0, 0, 0, 0, berlin)); {
			want = append(want, day.Format("01-02 15:04:05 -07"))
			day = day.AddDate(0, 0, 1)
		}
		if len(want) != 31 {
			t.Fatalf("the test expects %d nights, not 31", len(want))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("nights (-want +got):\n%s", diff)
		}
	})
}

func TestSpringSkipsATime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		sleepUntil(t, "2000-03-25")
		h.schedule(expression("cron(30 2 * * ? *)"))
		sleepUntil(t, "2000-03-28")
		want := []string{"03-25 02:30:00 +01", "03-27 02:30:00 +02"}
		if diff := cmp.Diff(want, times(h.targets.of("StartExecution"), berlin)); diff != "" {
			t.Errorf("nights (-want +got):\n%s", diff)
		}
	})
}

func TestRates(t *testing.T) {
	tests := []struct {
		name   string
		change func(*sdk.CreateScheduleInput)
		want   []string
	}{
		{
			"without a start it fires at once", func(*sdk.CreateScheduleInput) {},
			[]string{"01-01 00:00:00 +00", "01-01 05:00:00 +00", "01-01 10:00:00 +00"},
		},
		{
			"with a start and an end",
			func(in *sdk.CreateScheduleInput) {
				in.StartDate = aws.Time(time.Date(2000, 1, 1, 1, 30, 0, 0, time.UTC))
				in.EndDate = aws.Time(time.Date(2000, 1, 1, 6, 30, 0, 0, time.UTC))
			},
			[]string{"01-01 01:30:00 +00", "01-01 06:30:00 +00"},
		},
		{
			"disabled", func(in *sdk.CreateScheduleInput) { in.State = types.ScheduleStateDisabled }, nil,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.schedule(expression("rate(5 hours)"), test.change)
				time.Sleep(14 * time.Hour)
				synctest.Wait()
				if diff := cmp.Diff(test.want, times(h.targets.of("StartExecution"), time.UTC)); diff != "" {
					t.Errorf("firings (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestUpdateKeepsTheRhythmOfARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule(expression("rate(4 hours)"))
		time.Sleep(3 * time.Hour)
		in := nightly()
		update := &sdk.UpdateScheduleInput{
			Name: in.Name, ScheduleExpression: aws.String("rate(4 hours)"), FlexibleTimeWindow: in.FlexibleTimeWindow,
			ScheduleExpressionTimezone: in.ScheduleExpressionTimezone,
			Target:                     startJob("new"),
		}
		if _, err := h.client.UpdateSchedule(t.Context(), update); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		calls := h.targets.of("StartExecution")
		if diff := cmp.Diff([]string{"01-01 00:00:00 +00", "01-01 04:00:00 +00"}, times(calls, time.UTC)); diff != "" {
			t.Errorf("firings (-want +got):\n%s", diff)
		}
		if got := calls[1].Body["input"]; got != `{"job":"new"}` {
			t.Errorf("got input %v, want the new one", got)
		}
	})
}

func TestOneTimeSchedules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule(expression("at(2000-01-02T12:00:00)"))
		h.schedule(expression("at(2000-01-02T12:00:00)"), func(in *sdk.CreateScheduleInput) {
			in.Name, in.ActionAfterCompletion = aws.String("short-lived"), types.ActionAfterCompletionDelete
		})
		sleepUntil(t, "2000-02-01")
		want := []string{"01-02 11:00:00 +00", "01-02 11:00:00 +00"}
		if diff := cmp.Diff(want, times(h.targets.of("StartExecution"), time.UTC)); diff != "" {
			t.Errorf("firings (-want +got):\n%s", diff)
		}
		list, err := h.client.ListSchedules(t.Context(), &sdk.ListSchedulesInput{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Schedules) != 1 || *list.Schedules[0].Name != "nightly" {
			t.Errorf("got %d schedules, want nightly only: the other one deletes itself", len(list.Schedules))
		}
	})
}

func TestDeletedSchedulesDoNotFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule()
		name := aws.String("g")
		if _, err := h.client.CreateScheduleGroup(t.Context(), &sdk.CreateScheduleGroupInput{Name: name}); err != nil {
			t.Fatal(err)
		}
		h.schedule(func(in *sdk.CreateScheduleInput) { in.GroupName = name })
		if _, err := h.client.DeleteSchedule(t.Context(), &sdk.DeleteScheduleInput{Name: aws.String("nightly")}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.client.DeleteScheduleGroup(t.Context(), &sdk.DeleteScheduleGroupInput{Name: name}); err != nil {
			t.Fatal(err)
		}
		sleepUntil(t, "2000-02-01")
		if got := h.targets.of("StartExecution"); len(got) != 0 {
			t.Errorf("got %d firings, want none", len(got))
		}
	})
}
