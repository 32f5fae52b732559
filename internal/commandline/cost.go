package commandline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/plan"
)

// costCommand is `oralake cost`.
type costCommand struct {
	Job       string             `arg:"" optional:"" help:"One job; default all."`
	Region    string             `placeholder:"REGION" help:"The Region; default that of the AWS configuration, or us-east-1."`
	Prices    string             `enum:"auto,aws,table" default:"auto" placeholder:"FROM" help:"aws asks pricing:GetProducts, table takes the table that oralake brings along; default aws, or the table if AWS does not answer."`
	Price     map[string]float64 `placeholder:"NAME=DOLLARS" help:"A price that you know, such as instance=0.17 for an hour."`
	LoadHours float64            `default:"1" placeholder:"HOURS" help:"How long the load of a run takes, for jobs without records; default 1."`
	Gigabytes float64            `default:"10" placeholder:"GB" help:"How large the files of a load are, for jobs without records; default 10."`
}

// awsPatience is how long the command waits for AWS. Then it goes on without.
const awsPatience = 30 * time.Second

// Run estimates what the department of a file costs in a month.
func (c *costCommand) Run(s *session) error {
	if c.LoadHours <= 0 || c.Gigabytes < 0 {
		return errors.New("a load takes some time and has a size: write --load-hours of more than 0, and --gigabytes of 0 or more")
	}
	name, err := s.fileDepartment()
	if err != nil {
		return err
	}
	file, err := plan.Load(s.Departments, name)
	if err != nil {
		return err
	}
	cfg, awsErr := s.AWS(s.ctx)
	region := cmp.Or(c.Region, cfg.Region, cost.DefaultRegion)
	prices, err := c.prices(s, cfg, awsErr, region, file)
	if err != nil {
		return err
	}
	in := cost.Input{
		Department: file, Prices: prices, Assumed: cost.Assumed{LoadHours: c.LoadHours, Gigabytes: c.Gigabytes}, Now: time.Now(),
	}
	unread := awsErr
	if unread == nil {
		in.Known, unread = s.knownLoads(cfg, name)
	}
	estimate, err := cost.Of(in)
	if err != nil {
		return err
	}
	if unread != nil {
		estimate.Unread = "no records were read: " + unread.Error()
	}
	if c.Job != "" {
		one, found := estimate.Only(c.Job)
		if !found {
			return plan.NoJob(file, c.Job)
		}
		estimate = one
	}
	return s.show(estimate, false, func(p *page) { printCost(p, estimate) })
}

// prices reads the prices of AWS, or takes those of the table.
func (c *costCommand) prices(s *session, cfg aws.Config, awsErr error, region string, d *department.Department) (cost.Prices, error) {
	hardware, why := cost.HardwareOf(d), "--prices table"
	if c.Prices != "table" {
		ctx, cancel := context.WithTimeout(s.ctx, awsPatience)
		defer cancel()
		err := awsErr
		if err == nil {
			var prices cost.Prices
			if prices, err = cost.FromPriceList(ctx, s.products(cfg), region, hardware, time.Now()); err == nil {
				return prices.Give(c.Price)
			}
		}
		if c.Prices == "aws" {
			return cost.Prices{}, fmt.Errorf("%w; allow pricing:GetProducts, or leave out --prices aws", err)
		}
		why = err.Error()
	}
	return cost.FromCommittedTable(region, hardware, why).Give(c.Price)
}

// products is AWS's price list.
func (s *session) products(cfg aws.Config) cost.Products {
	if s.Products != nil {
		return s.Products
	}
	return pricing.NewFromConfig(cfg, func(o *pricing.Options) { o.Region = cost.PricingRegion })
}

// knownLoads reads how the full loads of a deployed department went.
func (s *session) knownLoads(cfg aws.Config, name string) (map[string]cost.Known, error) {
	ctx, cancel := context.WithTimeout(s.ctx, awsPatience)
	defer cancel()
	d, err := operator.Open(ctx, cfg, name)
	if err != nil {
		return nil, err
	}
	known := map[string]cost.Known{}
	for _, job := range d.Manifest.Jobs {
		if job.Type.Continuous() {
			continue
		}
		l, err := d.Loads(ctx, job)
		if err != nil {
			return nil, err
		}
		known[job.Name] = cost.Known(l)
	}
	return known, nil
}
