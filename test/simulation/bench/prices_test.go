package bench_test

// The prices of the bench, in dollars, of us-east-1, from the public price pages as of December 2025.
const (
	// priceInstanceHour is of a replication instance dms.c6i.large, Single-AZ, which departments have by default
	// (aws.amazon.com/dms/pricing).
	priceInstanceHour = 0.154
	// priceStorage is of a GB of the instance's storage in a month (aws.amazon.com/dms/pricing), of which it has storageGB.
	priceStorage = 0.115
	storageGB    = 100
	// priceTransition is of a state transition of a Standard workflow, beyond the free 4,000 a month (aws.amazon.com/step-functions/pricing).
	priceTransition = 0.025 / 1000
	// priceGBSecond is of a GB-second of a function on x86, and priceRequest of a call (aws.amazon.com/lambda/pricing).
	priceGBSecond = 0.0000166667
	priceRequest  = 0.20 / 1e6

	hoursOfMonth = 730.0
)

// instanceDollars is what an instance with its storage costs for some hours.
func instanceDollars(hours float64) float64 {
	return hours * (priceInstanceHour + storageGB*priceStorage/hoursOfMonth)
}
