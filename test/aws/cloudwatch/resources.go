package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the types AWS::CloudWatch::Alarm, AWS::CloudWatch::CompositeAlarm and AWS::CloudWatch::Dashboard.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::CloudWatch::Alarm": {
			CreateOnly: []string{"AlarmName"}, Create: s.createAlarm, Update: s.updateAlarm, Delete: s.deleteAlarm,
		},
		"AWS::CloudWatch::CompositeAlarm": {
			CreateOnly: []string{"AlarmName"}, Create: s.createComposite, Update: s.updateComposite, Delete: s.deleteComposite,
		},
		"AWS::CloudWatch::Dashboard": {
			CreateOnly: []string{"DashboardName"}, Create: s.putDashboard, Update: s.putDashboard, Delete: s.deleteDashboard,
		},
	}
}

const maxName = 255

func (s *Service) alarmARN(name string) string { return s.acct.ARN("cloudwatch", "alarm:"+name) }

func (s *Service) createAlarm(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := readAlarm(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.stateOf(p.AlarmName); taken {
		return resource.Resource{}, invalid("the alarm %s already exists", p.AlarmName)
	}
	a := &alarm{arn: s.alarmARN(p.AlarmName), created: time.Now(), state: StateInsufficient, reason: "Unchecked: Initial alarm creation"}
	s.alarms[p.AlarmName] = a
	return s.set(a, p), nil
}

// readAlarm reads the properties of an alarm, and gives it a name if it has none.
func readAlarm(r resource.Request) (alarmProperties, error) {
	p, err := resource.Decode[alarmProperties](r)
	if err != nil {
		return p, err
	}
	if p.AlarmName == "" {
		p.AlarmName = r.PhysicalID
	}
	if p.AlarmName == "" {
		p.AlarmName = r.Name(maxName)
	}
	return p, p.check()
}

// set gives an alarm its properties. s.mu must be held.
func (s *Service) set(a *alarm, p alarmProperties) resource.Resource {
	s.forget(a)
	a.alarmProperties, a.settled = p, false
	a.key = seriesKey(p.Namespace, p.MetricName, dimensionsOf(p.Dimensions))
	s.watchers[a.key] = append(s.watchers[a.key], a)
	s.start()
	s.signal()
	return resource.Resource{PhysicalID: p.AlarmName, Attributes: map[string]any{"Arn": a.arn}}
}

// forget ends that an alarm watches its series. s.mu must be held.
func (s *Service) forget(a *alarm) {
	s.watchers[a.key] = slices.DeleteFunc(s.watchers[a.key], func(other *alarm) bool { return other == a })
}

func (s *Service) updateAlarm(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := readAlarm(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.alarms[r.PhysicalID]
	if a == nil {
		return resource.Resource{}, invalid("the alarm %s does not exist", r.PhysicalID)
	}
	return s.set(a, p), nil
}

func (s *Service) deleteAlarm(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.alarms[r.PhysicalID]; a != nil {
		s.forget(a)
		delete(s.alarms, r.PhysicalID)
	}
	return nil
}

func (s *Service) createComposite(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, terms, err := readComposite(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.stateOf(p.AlarmName); taken {
		return resource.Resource{}, invalid("the alarm %s already exists", p.AlarmName)
	}
	c := &composite{arn: s.alarmARN(p.AlarmName), state: StateInsufficient, reason: "Unchecked: Initial alarm creation"}
	return s.setComposite(c, p, terms)
}

func readComposite(r resource.Request) (compositeProperties, []term, error) {
	p, err := resource.Decode[compositeProperties](r)
	if err != nil {
		return p, nil, err
	}
	if p.AlarmName == "" {
		p.AlarmName = r.PhysicalID
	}
	if p.AlarmName == "" {
		p.AlarmName = r.Name(maxName)
	}
	terms, err := parseRule(p.AlarmRule)
	return p, terms, err
}

// setComposite gives a composite alarm its properties. The alarms of its rule must exist. s.mu must be held.
func (s *Service) setComposite(c *composite, p compositeProperties, terms []term) (resource.Resource, error) {
	for _, t := range terms {
		if _, ok := s.stateOf(t.alarm); !ok {
			return resource.Resource{}, invalid("AlarmRule names the alarm %s, which does not exist", t.alarm)
		}
	}
	c.compositeProperties, c.terms = p, terms
	s.composites[p.AlarmName] = c
	s.start()
	s.signal()
	return resource.Resource{PhysicalID: p.AlarmName, Attributes: map[string]any{"Arn": c.arn}}, nil
}

func (s *Service) updateComposite(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, terms, err := readComposite(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.composites[r.PhysicalID]
	if c == nil {
		return resource.Resource{}, invalid("the alarm %s does not exist", r.PhysicalID)
	}
	return s.setComposite(c, p, terms)
}

func (s *Service) deleteComposite(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.composites, r.PhysicalID)
	return nil
}

type dashboardProperties struct {
	DashboardName, DashboardBody string
	Tags                         []struct{ Key, Value string }
}

func (s *Service) putDashboard(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[dashboardProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.DashboardName == "" {
		p.DashboardName = r.PhysicalID
	}
	if p.DashboardName == "" {
		p.DashboardName = r.Name(maxName)
	}
	if err := CheckDashboard([]byte(p.DashboardBody)); err != nil {
		return resource.Resource{}, invalid("The dashboard body is invalid: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dashboards[p.DashboardName] = p.DashboardBody
	return resource.Resource{PhysicalID: p.DashboardName}, nil
}

func (s *Service) deleteDashboard(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.dashboards, r.PhysicalID)
	return nil
}

// Dashboard returns the body of a dashboard; empty if it does not exist.
func (s *Service) Dashboard(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dashboards[name]
}
