// Package costtest has a price list as AWS's service returns it, for tests. Its products have the attributes, the tiers and the usage
// types of AWS's list. Its prices are made up, so that nobody takes them for AWS's.
package costtest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/pricing/types"
)

//go:embed products.json
var products []byte

// PriceList answers GetProducts.
type PriceList struct {
	// Err is the error of every call; nil for answers.
	Err error
	// Calls are the service codes that were asked for.
	Calls []string
}

// pageSize is how many products an answer has. AWS returns at most 100.
const pageSize = 2

// GetProducts returns the products of a service that all filters match.
func (l *PriceList) GetProducts(
	_ context.Context, in *pricing.GetProductsInput, _ ...func(*pricing.Options),
) (*pricing.GetProductsOutput, error) {
	l.Calls = append(l.Calls, aws.ToString(in.ServiceCode))
	if l.Err != nil {
		return nil, l.Err
	}
	if in.ServiceCode == nil || aws.ToString(in.FormatVersion) != "aws_v1" {
		return nil, &types.InvalidParameterException{Message: aws.String("ServiceCode and FormatVersion aws_v1 are needed")}
	}
	var all []json.RawMessage
	if err := json.Unmarshal(products, &all); err != nil {
		return nil, fmt.Errorf("read the products: %w", err)
	}
	var found []string
	for _, text := range all {
		matches, err := matches(text, in)
		if err != nil {
			return nil, err
		}
		if matches {
			found = append(found, string(text))
		}
	}
	from, _ := strconv.Atoi(aws.ToString(in.NextToken))
	until := min(from+pageSize, len(found))
	out := &pricing.GetProductsOutput{FormatVersion: in.FormatVersion, PriceList: found[from:until]}
	if until < len(found) {
		out.NextToken = aws.String(strconv.Itoa(until))
	}
	return out, nil
}

// matches reports whether a product is of the service that is asked for, and all filters match.
func matches(text []byte, in *pricing.GetProductsInput) (bool, error) {
	var one struct {
		ServiceCode string
		Product     struct {
			ProductFamily string
			Attributes    map[string]string
		}
	}
	if err := json.Unmarshal(text, &one); err != nil {
		return false, fmt.Errorf("read a product: %w", err)
	}
	if one.ServiceCode != *in.ServiceCode {
		return false, nil
	}
	for _, f := range in.Filters {
		if f.Type != types.FilterTypeTermMatch {
			return false, fmt.Errorf("filter type %s is not known here: add it", f.Type)
		}
		value := one.Product.Attributes[aws.ToString(f.Field)]
		if aws.ToString(f.Field) == "productFamily" {
			value = one.Product.ProductFamily
		}
		if value != aws.ToString(f.Value) {
			return false, nil
		}
	}
	return true, nil
}
