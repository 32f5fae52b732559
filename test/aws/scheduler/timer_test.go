package scheduler_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// In a synctest bubble time starts at 2000-01-01T00:00:00Z.

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

func TestDailyCronForAMonth(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		sleepUntil(t, "2000-03-10")
		h.schedule(set("ScheduleExpression", "cron(30 3 * * ? *)"))
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

func TestCronTimeSkippedInSpring(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		sleepUntil(t, "2000-03-25")
		h.schedule(set("ScheduleExpression", "cron(30 2 * * ? *)"))
		sleepUntil(t, "2000-03-28")
		want := []string{"03-25 02:30:00 +01", "03-27 02:30:00 +02"}
		if diff := cmp.Diff(want, times(h.targets.of("StartExecution"), berlin)); diff != "" {
			t.Errorf("nights (-want +got):\n%s", diff)
		}
	})
}

func TestRateFiresAtOnceAndThenAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule(set("ScheduleExpression", "rate(5 hours)"))
		time.Sleep(14 * time.Hour)
		synctest.Wait()
		want := []string{"01-01 00:00:00 +00", "01-01 05:00:00 +00", "01-01 10:00:00 +00"}
		if diff := cmp.Diff(want, times(h.targets.of("StartExecution"), time.UTC)); diff != "" {
			t.Errorf("firings (-want +got):\n%s", diff)
		}
	})
}

func TestUpdateKeepsTheAnchorOfARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule(set("ScheduleExpression", "rate(4 hours)"))
		time.Sleep(3 * time.Hour)
		properties := nightly()
		set("ScheduleExpression", "rate(4 hours)")(properties)
		setTarget("Input", `{"job":"new"}`)(properties)
		_, err := h.service.Resources()["AWS::Scheduler::Schedule"].Update(t.Context(), request(t, properties))
		if err != nil {
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

func TestUpdateOfTheExpressionSetsANewAnchor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule(set("ScheduleExpression", "rate(4 hours)"))
		time.Sleep(3 * time.Hour)
		properties := nightly()
		set("ScheduleExpression", "rate(2 hours)")(properties)
		_, err := h.service.Resources()["AWS::Scheduler::Schedule"].Update(t.Context(), request(t, properties))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		want := []string{"01-01 00:00:00 +00", "01-01 03:00:00 +00", "01-01 05:00:00 +00"}
		if diff := cmp.Diff(want, times(h.targets.of("StartExecution"), time.UTC)); diff != "" {
			t.Errorf("firings (-want +got):\n%s", diff)
		}
	})
}

func TestOneTimeSchedules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule(set("ScheduleExpression", "at(2000-01-02T12:00:00)"))
		sleepUntil(t, "2000-02-01")
		want := []string{"01-02 11:00:00 +00"}
		if diff := cmp.Diff(want, times(h.targets.of("StartExecution"), time.UTC)); diff != "" {
			t.Errorf("firings (-want +got):\n%s", diff)
		}
	})
}

func TestDeletedSchedulesDoNotFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule()
		group := map[string]any{"Name": "g"}
		if _, err := h.create("AWS::Scheduler::ScheduleGroup", group); err != nil {
			t.Fatal(err)
		}
		h.schedule(set("GroupName", "g"))
		for typeName, properties := range map[string]map[string]any{
			"AWS::Scheduler::Schedule": nightly(), "AWS::Scheduler::ScheduleGroup": group,
		} {
			if err := h.service.Resources()[typeName].Delete(t.Context(), request(t, properties)); err != nil {
				t.Fatal(err)
			}
		}
		sleepUntil(t, "2000-02-01")
		if got := h.targets.of("StartExecution"); len(got) != 0 {
			t.Errorf("got %d firings, want none", len(got))
		}
	})
}
