package cost

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/pricing/types"
)

// PricingRegion is a Region that serves the price list. Few do, and each has the prices of all ("AWS Price List Query API endpoint").
const PricingRegion = "us-east-1"

// Products lists the products of AWS with their prices.
type Products interface {
	GetProducts(context.Context, *pricing.GetProductsInput, ...func(*pricing.Options)) (*pricing.GetProductsOutput, error)
}

// product says which product of the price list has a price.
type product struct {
	service    string
	attributes map[string]string
	// usage is the product's usage type without the short name of the Region before it.
	usage string
}

// productOf says which product has a price.
func productOf(key Key, h Hardware) product {
	zone, usage := "Single", "InstanceUsg:"
	if h.MultiAZ {
		zone, usage = "Multiple", "Multi-AZUsg:"
	}
	switch key {
	case Instance:
		return product{
			"AWSDatabaseMigrationSvc", map[string]string{"productFamily": "Replication Server", "instanceType": h.shortClass()}, usage + h.Class,
		}
	case InstanceStorage:
		return product{"AWSDatabaseMigrationSvc", map[string]string{"storageMedia": "SSD", "availabilityZone": zone}, ""}
	case Transitions:
		return product{"AmazonStates", nil, "StateTransition"}
	case LambdaRequests:
		return product{"AWSLambda", map[string]string{"group": "AWS-Lambda-Requests"}, "Request"}
	case LambdaDuration:
		return product{"AWSLambda", map[string]string{"group": "AWS-Lambda-Duration"}, "Lambda-GB-Second"}
	case S3Put:
		return product{"AmazonS3", map[string]string{"group": "S3-API-Tier1"}, "Requests-Tier1"}
	case S3Get:
		return product{"AmazonS3", map[string]string{"group": "S3-API-Tier2"}, "Requests-Tier2"}
	case S3Storage:
		return product{"AmazonS3", map[string]string{"productFamily": "Storage", "volumeType": "Standard"}, "TimedStorage-ByteHrs"}
	case Endpoints:
		return product{"AmazonVPC", map[string]string{"productFamily": "VpcEndpoint"}, "VpcEndpoint-Hours"}
	case LogIngestion:
		return product{"AmazonCloudWatch", map[string]string{"productFamily": "Data Payload"}, "DataProcessing-Bytes"}
	case LogStorage:
		return product{"AmazonCloudWatch", map[string]string{"productFamily": "Storage Snapshot"}, "TimedStorage-ByteHrs"}
	}
	return product{}
}

// FromPriceList reads the prices of a Region from AWS's price list. A price that it does not have, or has more than once, is taken from
// the committed table. The error is that of a price list that cannot be read at all.
func FromPriceList(ctx context.Context, api Products, region string, h Hardware, today time.Time) (Prices, error) {
	p := Prices{Region: region, From: FromAWS, List: []Price{}}
	for _, key := range Keys {
		dollars, found, err := priceOf(ctx, api, region, productOf(key, h))
		if err != nil {
			return Prices{}, fmt.Errorf("read the price %s of %s: %w", key, region, err)
		}
		if found {
			p.set(Price{Key: key, Dollars: dollars, Region: region, Date: today.Format(time.DateOnly), Source: SourceAWS})
		} else if price, found := fromTable(key, region, h); found {
			p.set(price)
		}
	}
	return p, nil
}

// priceOf reads the price of a product. found is false if the list has no such product, or products with different prices.
func priceOf(ctx context.Context, api Products, region string, want product) (dollars float64, found bool, err error) {
	in := &pricing.GetProductsInput{ServiceCode: &want.service, FormatVersion: aws.String("aws_v1"), Filters: []types.Filter{
		{Type: types.FilterTypeTermMatch, Field: aws.String("regionCode"), Value: &region},
	}}
	for _, field := range slices.Sorted(maps.Keys(want.attributes)) {
		in.Filters = append(in.Filters, types.Filter{Type: types.FilterTypeTermMatch, Field: &field, Value: aws.String(want.attributes[field])})
	}
	var prices []float64
	for pages := pricing.NewGetProductsPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, false, err
		}
		for _, text := range page.PriceList {
			var one offer
			if err := json.Unmarshal([]byte(text), &one); err != nil {
				return 0, false, fmt.Errorf("read a product of the price list: %w", err)
			}
			if price, priced := one.price(); priced && one.hasUsage(want.usage) {
				prices = append(prices, price)
			}
		}
	}
	slices.Sort(prices)
	if prices = slices.Compact(prices); len(prices) != 1 {
		return 0, false, nil
	}
	return prices[0], true, nil
}

// offer is a product of the price list as GetProducts returns it, as far as its price goes.
type offer struct {
	Product struct {
		Attributes map[string]string `json:"attributes"`
	} `json:"product"`
	Terms struct {
		OnDemand map[string]struct {
			PriceDimensions map[string]dimension `json:"priceDimensions"`
		} `json:"OnDemand"`
	} `json:"terms"`
}

// dimension is the price of a range of the quantity in a month.
type dimension struct {
	BeginRange   string            `json:"beginRange"`
	PricePerUnit map[string]string `json:"pricePerUnit"`
}

// regionOfUsage is the short name of a Region before a usage type, such as EUC1-. That of us-east-1 is often missing.
var regionOfUsage = regexp.MustCompile(`^[A-Z]{2,4}[0-9]?-`)

func (o offer) hasUsage(want string) bool {
	usage := o.Product.Attributes["usagetype"]
	return want == "" || usage[len(regionOfUsage.FindString(usage)):] == want
}

// price returns the price of the first range that is not free. priced is false for a product without one in dollars.
func (o offer) price() (dollars float64, priced bool) {
	begins := -1.0
	for _, term := range o.Terms.OnDemand {
		for _, d := range term.PriceDimensions {
			price, err := strconv.ParseFloat(d.PricePerUnit["USD"], 64)
			from, rangeErr := strconv.ParseFloat(cmp.Or(d.BeginRange, "0"), 64)
			if err != nil || rangeErr != nil || price == 0 {
				continue
			}
			if !priced || from < begins {
				dollars, begins, priced = price, from, true
			}
		}
	}
	return dollars, priced
}
