package tpch

// The random numbers of dbgen: each number is the previous one times multiplier, modulo the prime modulus.
const (
	multiplier = 16807
	modulus    = 1<<31 - 1
)

// stream makes the random numbers of one column. Every row consumes the same count of numbers, used or not, so that no
// row depends on the values of another row.
type stream struct {
	last   int64 // the last number; the seed at first
	perRow int
	drawn  int // how many numbers this row has used
}

func (s *stream) next() int64 {
	s.last = s.last * multiplier % modulus
	s.drawn++
	return s.last
}

// endRow skips the numbers that the row has not used.
func (s *stream) endRow() {
	s.last = s.last * powers[s.perRow-s.drawn] % modulus
	s.drawn = 0
}

// powers are the powers of multiplier: multiplying by the n-th power skips n numbers.
var powers = func() (p [len(colours) + 1]int64) {
	p[0] = 1
	for n := range len(p) - 1 {
		p[n+1] = p[n] * multiplier % modulus
	}
	return p
}()

// between returns the column's next number, from low to high inclusive.
func (g *generator) between(c column, low, high int64) int64 {
	return low + int64(float64(g.streams[c].next())/modulus*float64(high-low+1))
}

// pick returns one of the values.
func (g *generator) pick(c column, values []string) string {
	return values[g.between(c, 0, int64(len(values))-1)]
}

// column identifies a stream.
type column int

// The columns, grouped by table. The group of a table includes the rows that are made with it: a part's suppliers, an
// order's lines.
const (
	regionComment column = iota

	nationComment

	supplierAddress
	supplierNation
	supplierPhone
	supplierBalance
	supplierComment
	supplierReviewed
	supplierReview
	supplierReviewGap
	supplierReviewStart

	customerAddress
	customerNation
	customerPhone
	customerBalance
	customerSegment
	customerComment

	partName
	partManufacturer
	partBrand
	partType
	partSize
	partContainer
	partComment
	offerQuantity
	offerCost
	offerComment

	orderCustomer
	orderDate
	orderPriority
	orderClerk
	orderComment
	orderLines
	lineQuantity
	lineDiscount
	lineTax
	linePart
	lineSupplier
	lineShipDate
	lineCommitDate
	lineReceiptDate
	lineReturnFlag
	lineInstruction
	lineMode
	lineComment

	columns
)

// streamsAtStart holds dbgen's seeds, and how many numbers of a stream a row consumes. An order consumes the numbers of
// the maximum count of lines.
var streamsAtStart = [columns]stream{
	regionComment: {last: 1500869201, perRow: 2},

	nationComment: {last: 606179079, perRow: 2},

	supplierAddress:     {last: 706178559, perRow: 9},
	supplierNation:      {last: 110356601, perRow: 1},
	supplierPhone:       {last: 884434366, perRow: 3},
	supplierBalance:     {last: 962338209, perRow: 1},
	supplierComment:     {last: 1341315363, perRow: 2},
	supplierReviewed:    {last: 202794285, perRow: 1},
	supplierReview:      {last: 753643799, perRow: 1},
	supplierReviewGap:   {last: 263032577, perRow: 1},
	supplierReviewStart: {last: 715851524, perRow: 1},

	customerAddress: {last: 881155353, perRow: 9},
	customerNation:  {last: 1489529863, perRow: 1},
	customerPhone:   {last: 1521138112, perRow: 3},
	customerBalance: {last: 298370230, perRow: 1},
	customerSegment: {last: 1140279430, perRow: 1},
	customerComment: {last: 1335826707, perRow: 2},

	partName:         {last: 709314158, perRow: len(colours)},
	partManufacturer: {last: 1, perRow: 1},
	partBrand:        {last: 46831694, perRow: 1},
	partType:         {last: 1841581359, perRow: 1},
	partSize:         {last: 1193163244, perRow: 1},
	partContainer:    {last: 727633698, perRow: 1},
	partComment:      {last: 804159733, perRow: 2},
	offerQuantity:    {last: 1671059989, perRow: suppliersPerPart},
	offerCost:        {last: 1051288424, perRow: suppliersPerPart},
	offerComment:     {last: 1961692154, perRow: 2 * suppliersPerPart},

	orderCustomer:   {last: 851767375, perRow: 1},
	orderDate:       {last: 1066728069, perRow: 1},
	orderPriority:   {last: 591449447, perRow: 1},
	orderClerk:      {last: 1171034773, perRow: 1},
	orderComment:    {last: 276090261, perRow: 2},
	orderLines:      {last: 1434868289, perRow: 1},
	lineQuantity:    {last: 209208115, perRow: maxLines},
	lineDiscount:    {last: 554590007, perRow: maxLines},
	lineTax:         {last: 721958466, perRow: maxLines},
	linePart:        {last: 1808217256, perRow: maxLines},
	lineSupplier:    {last: 2095021727, perRow: maxLines},
	lineShipDate:    {last: 1769349045, perRow: maxLines},
	lineCommitDate:  {last: 904914315, perRow: maxLines},
	lineReceiptDate: {last: 373135028, perRow: maxLines},
	lineReturnFlag:  {last: 717419739, perRow: maxLines},
	lineInstruction: {last: 1371272478, perRow: maxLines},
	lineMode:        {last: 675466456, perRow: maxLines},
	lineComment:     {last: 1095462486, perRow: 2 * maxLines},
}
