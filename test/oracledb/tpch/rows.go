package tpch

import (
	"fmt"
	"time"
)

// Insert stores a row: one value for each column of the table, in column order.
type Insert func(table string, values ...any) error

// Rows makes all rows at a scale factor (1 is 8.66 million rows) and passes them to insert. It stops with insert's
// first error. It makes the same rows each time. A scale above 1 is a whole number below MaxScale.
//
// Below scale 1, the tables that grow with the scale (suppliers, customers, parts, orders and the rows that belong to
// them) shrink in proportion, and foreign keys still point to existing rows.
func Rows(scale float64, insert Insert) error {
	g := &generator{sizes: sizesAt(scale), streams: streamsAtStart, text: text(), insert: insert}
	for _, t := range []struct {
		rows        int64
		first, next column
		row         func(n int64) error
	}{
		{int64(len(regions)), regionComment, nationComment, g.region},
		{int64(len(nations)), nationComment, supplierAddress, g.nation},
		{g.suppliers, supplierAddress, customerAddress, g.supplier},
		{g.customers, customerAddress, partName, g.customer},
		{g.parts, partName, orderCustomer, g.part},
		{g.orders, orderCustomer, columns, g.order},
	} {
		for n := range t.rows {
			if err := t.row(n + 1); err != nil {
				return err
			}
			for c := t.first; c < t.next; c++ {
				g.streams[c].endRow()
			}
		}
	}
	return nil
}

// MaxScale is the first scale at which keys exceed the 31 bits of a random number.
const MaxScale = 30_000

// generator makes rows. It makes each row from the row's number, which starts at 1.
type generator struct {
	sizes
	streams [columns]stream
	text    string // comments are cut from it
	insert  Insert
}

func (g *generator) region(n int64) error {
	return g.insert("REGION", n-1, regions[n-1], g.comment(regionComment, 72))
}

func (g *generator) nation(n int64) error {
	nation := nations[n-1]
	return g.insert("NATION", n-1, nation.name, nation.region, g.comment(nationComment, 72))
}

func (g *generator) supplier(n int64) error {
	nation := g.between(supplierNation, 0, int64(len(nations))-1)
	return g.insert("SUPPLIER", n, numbered("Supplier", n), g.address(supplierAddress), nation,
		g.phone(supplierPhone, nation), money(g.between(supplierBalance, -999_99, 9999_99)), g.supplierComment())
}

func (g *generator) customer(n int64) error {
	nation := g.between(customerNation, 0, int64(len(nations))-1)
	return g.insert("CUSTOMER", n, numbered("Customer", n), g.address(customerAddress), nation,
		g.phone(customerPhone, nation), money(g.between(customerBalance, -999_99, 9999_99)),
		g.pick(customerSegment, segments), g.comment(customerComment, 73))
}

// part makes a part and the offers of its suppliers.
func (g *generator) part(n int64) error {
	manufacturer := g.between(partManufacturer, 1, 5)
	brand := 10*manufacturer + g.between(partBrand, 1, 5)
	if err := g.insert("PART", n, g.partName(), fmt.Sprintf("Manufacturer#%d", manufacturer),
		fmt.Sprintf("Brand#%d", brand), g.pick(partType, partTypes), g.between(partSize, 1, 50),
		g.pick(partContainer, containers), money(retailPrice(n)), g.comment(partComment, 14)); err != nil {
		return err
	}
	for i := range int64(suppliersPerPart) {
		if err := g.insert("PARTSUPP", n, g.supplierOf(n, i), g.between(offerQuantity, 1, 9999),
			money(g.between(offerCost, 1_00, 1000_00)), g.comment(offerComment, 124)); err != nil {
			return err
		}
	}
	return nil
}

// partName returns five different colours.
func (g *generator) partName() string {
	var order [len(colours)]int64 // indexes of colours; only the needed ones are shuffled
	for i := range order {
		order[i] = int64(i)
	}
	name := make([]byte, 0, 64)
	for i := range 5 {
		other := g.between(partName, int64(i), int64(len(order))-1)
		order[i], order[other] = order[other], order[i]
		name = append(append(name, colours[order[i]]...), ' ')
	}
	return string(name[:len(name)-1])
}

// retailPrice returns the price of a part in cents.
func retailPrice(part int64) int64 { return 900_00 + part/10%20_001 + part%1000*100 }

// maxLines is the maximum number of lines of an order.
const maxLines = 7

// order makes the lines of an order and then the order, whose price is the sum of the lines.
func (g *generator) order(n int64) error {
	key := orderKey(n)
	day := g.between(orderDate, 0, lastOrderDay)
	lines := g.between(orderLines, 1, maxLines)
	var total, shipped int64
	for i := range lines {
		price, isShipped, err := g.line(key, i+1, day)
		if err != nil {
			return err
		}
		total += price
		if isShipped {
			shipped++
		}
	}
	status := "P" // partly shipped
	switch shipped {
	case 0:
		status = "O"
	case lines:
		status = "F"
	}
	return g.insert("ORDERS", key, g.orderCustomer(), status, money(total), dates[day],
		g.pick(orderPriority, priorities), numbered("Clerk", g.between(orderClerk, 1, g.clerks)), int64(0),
		g.comment(orderComment, 49))
}

// orderKey returns the key of the n-th order. Of every 32 keys only the first eight are used.
func orderKey(n int64) int64 { return n/8*32 + n%8 }

// orderCustomer returns a customer who may have orders: every third customer has none.
func (g *generator) orderCustomer() int64 {
	customer := g.between(orderCustomer, 1, g.customers)
	for step := int64(1); customer%3 == 0; step = -step {
		customer = min(customer+step, g.customers)
	}
	return customer
}

// line makes a line of an order. It returns the line's price in cents, with discount and tax, and whether it is
// shipped.
func (g *generator) line(order, number, ordered int64) (price int64, shipped bool, err error) {
	part := g.between(linePart, 1, g.parts)
	supplier := g.supplierOf(part, g.between(lineSupplier, 0, suppliersPerPart-1))
	quantity := g.between(lineQuantity, 1, 50)
	listPrice := quantity * retailPrice(part)
	discount, tax := g.between(lineDiscount, 0, 10), g.between(lineTax, 0, 8) // percent
	ship := ordered + g.between(lineShipDate, 1, maxShipDays)
	commit := ordered + g.between(lineCommitDate, 30, 90)
	receipt := ship + g.between(lineReceiptDate, 1, maxReceiptDays)
	returned, status := "N", "O"
	if receipt <= today {
		returned = g.pick(lineReturnFlag, returnFlags)
	}
	if ship <= today {
		status = "F"
	}
	err = g.insert("LINEITEM", order, part, supplier, number, quantity, money(listPrice), money(discount), money(tax),
		returned, status, dates[ship], dates[commit], dates[receipt], g.pick(lineInstruction, instructions),
		g.pick(lineMode, modes), g.comment(lineComment, 27))
	return listPrice * (100 - discount) / 100 * (100 + tax) / 100, ship <= today, err
}

// Dates are numbers of days since 1 January 1992. TPC-H's current date is 17 June 1995: lines after it are open.
const (
	days           = 2557 // from 1992 to the end of 1998
	today          = 1263
	maxShipDays    = 121
	maxReceiptDays = 30
	lastOrderDay   = days - maxShipDays - maxReceiptDays - 1
)

var dates = func() (written [days]string) {
	for day := range written {
		written[day] = time.Date(1992, 1, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	return written
}()

func numbered(name string, n int64) string { return fmt.Sprintf("%s#%09d", name, n) }

// address returns 10 to 40 characters.
func (g *generator) address(c column) string {
	const characters = "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,"
	address := make([]byte, g.between(c, 10, 40))
	var bits int64
	for i := range address {
		if i%5 == 0 {
			// In dbgen the range of 2^31 overflows, which makes the number negative.
			bits = -int64(float64(g.streams[c].next()) / modulus * (1 << 31))
		}
		address[i] = characters[bits&63]
		bits >>= 6
	}
	return string(address)
}

func (g *generator) phone(c column, nation int64) string {
	return fmt.Sprintf("%d-%d-%d-%d", 10+nation, g.between(c, 100, 999), g.between(c, 100, 999), g.between(c, 1000, 9999))
}

// money converts cents to the value that SQLite stores for a NUMBER(15,2). It is exact to the cent up to 15 digits.
func money(cents int64) any {
	if cents%100 == 0 {
		return cents / 100
	}
	return float64(cents) / 100
}
