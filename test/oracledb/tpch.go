package oracledb

import (
	"math"

	"github.com/pingcap/go-tpc/tpch/dbgen"
)

// tpchSchema owns the TPC-H tables.
const tpchSchema = "SALES"

// tpchTable is a TPC-H table: its name, its columns as Oracle would declare them, and its primary key.
type tpchTable struct {
	name, columns, key string
}

// tpchTables are the tables in the order in which they are generated.
var tpchTables = []tpchTable{
	{"REGION", `R_REGIONKEY NUMBER(10) NOT NULL, R_NAME CHAR(25) NOT NULL, R_COMMENT VARCHAR2(152)`, `R_REGIONKEY`},
	{"NATION", `N_NATIONKEY NUMBER(10) NOT NULL, N_NAME CHAR(25) NOT NULL, N_REGIONKEY NUMBER(10) NOT NULL,
		N_COMMENT VARCHAR2(152)`, `N_NATIONKEY`},
	{"SUPPLIER", `S_SUPPKEY NUMBER(10) NOT NULL, S_NAME CHAR(25) NOT NULL, S_ADDRESS VARCHAR2(40) NOT NULL,
		S_NATIONKEY NUMBER(10) NOT NULL, S_PHONE CHAR(15) NOT NULL, S_ACCTBAL NUMBER(15,2) NOT NULL,
		S_COMMENT VARCHAR2(101)`, `S_SUPPKEY`},
	{"CUSTOMER", `C_CUSTKEY NUMBER(10) NOT NULL, C_NAME VARCHAR2(25) NOT NULL, C_ADDRESS VARCHAR2(40) NOT NULL,
		C_NATIONKEY NUMBER(10) NOT NULL, C_PHONE CHAR(15) NOT NULL, C_ACCTBAL NUMBER(15,2) NOT NULL,
		C_MKTSEGMENT CHAR(10) NOT NULL, C_COMMENT VARCHAR2(117)`, `C_CUSTKEY`},
	{"PART", `P_PARTKEY NUMBER(10) NOT NULL, P_NAME VARCHAR2(55) NOT NULL, P_MFGR CHAR(25) NOT NULL,
		P_BRAND CHAR(10) NOT NULL, P_TYPE VARCHAR2(25) NOT NULL, P_SIZE NUMBER(4) NOT NULL,
		P_CONTAINER CHAR(10) NOT NULL, P_RETAILPRICE NUMBER(15,2) NOT NULL, P_COMMENT VARCHAR2(23)`, `P_PARTKEY`},
	{"PARTSUPP", `PS_PARTKEY NUMBER(10) NOT NULL, PS_SUPPKEY NUMBER(10) NOT NULL, PS_AVAILQTY NUMBER(9) NOT NULL,
		PS_SUPPLYCOST NUMBER(15,2) NOT NULL, PS_COMMENT VARCHAR2(199)`, `PS_PARTKEY, PS_SUPPKEY`},
	{"ORDERS", `O_ORDERKEY NUMBER(10) NOT NULL, O_CUSTKEY NUMBER(10) NOT NULL, O_ORDERSTATUS CHAR(1) NOT NULL,
		O_TOTALPRICE NUMBER(15,2) NOT NULL, O_ORDERDATE DATE NOT NULL, O_ORDERPRIORITY CHAR(15) NOT NULL,
		O_CLERK CHAR(15) NOT NULL, O_SHIPPRIORITY NUMBER(9) NOT NULL, O_COMMENT VARCHAR2(79)`, `O_ORDERKEY`},
	{"LINEITEM", `L_ORDERKEY NUMBER(10) NOT NULL, L_PARTKEY NUMBER(10) NOT NULL, L_SUPPKEY NUMBER(10) NOT NULL,
		L_LINENUMBER NUMBER(2) NOT NULL, L_QUANTITY NUMBER(15,2) NOT NULL, L_EXTENDEDPRICE NUMBER(15,2) NOT NULL,
		L_DISCOUNT NUMBER(15,2) NOT NULL, L_TAX NUMBER(15,2) NOT NULL, L_RETURNFLAG CHAR(1) NOT NULL,
		L_LINESTATUS CHAR(1) NOT NULL, L_SHIPDATE DATE NOT NULL, L_COMMITDATE DATE NOT NULL,
		L_RECEIPTDATE DATE NOT NULL, L_SHIPINSTRUCT CHAR(25) NOT NULL, L_SHIPMODE CHAR(10) NOT NULL,
		L_COMMENT VARCHAR2(44)`, `L_ORDERKEY, L_LINENUMBER`},
}

// sizes are the numbers of rows at a scale, of the tables that grow with it.
type sizes struct {
	scale                               float64
	suppliers, customers, parts, orders int64
}

// sizesAt rounds the row counts of scale 1, keeping enough suppliers for the four that each part needs.
func sizesAt(scale float64) sizes {
	rows := func(atScale1 float64, least int64) int64 { return max(least, int64(math.Round(atScale1*scale))) }
	return sizes{
		scale:     scale,
		suppliers: rows(10_000, 4), customers: rows(150_000, 10), parts: rows(200_000, 4), orders: rows(1_500_000, 10),
	}
}

const suppliersPerPart = 4

// supplier is the n-th supplier (from 0) of a part. At scale 1 and above it is TPC-H's own formula, which dbgen has
// applied already; below, that formula gives a part one supplier several times.
func (s sizes) supplier(part, n int64) int64 {
	if s.scale >= 1 {
		return (part+n*(s.suppliers/suppliersPerPart+(part-1)/s.suppliers))%s.suppliers + 1
	}
	return (part+n*(s.suppliers/suppliersPerPart))%s.suppliers + 1
}

// lineSupplier is the supplier of an order line, which dbgen has chosen for scale 1 or above.
func (s sizes) lineSupplier(part, chosen int64) int64 {
	if s.scale >= 1 {
		return chosen
	}
	whole := sizesAt(1)
	for n := range int64(suppliersPerPart) {
		if whole.supplier(part, n) == chosen {
			return s.supplier(part, n)
		}
	}
	return s.supplier(part, 0)
}

// generateAll has dbgen make every table and gives each row to insert.
func generateAll(s sizes, insert func(table string, values ...any) error) error {
	steps := []struct {
		table dbgen.Table
		count int64
		load  loader
	}{
		{dbgen.TRegion, 5, func(row any) error {
			r := row.(*dbgen.Region)
			return insert("REGION", int64(r.Code), r.Text, r.Comment)
		}},
		{dbgen.TNation, 25, func(row any) error {
			n := row.(*dbgen.Nation)
			return insert("NATION", int64(n.Code), n.Text, int64(n.Join), n.Comment)
		}},
		{dbgen.TSupp, s.suppliers, func(row any) error {
			r := row.(*dbgen.Supp)
			return insert("SUPPLIER", int64(r.SuppKey), r.Name, r.Address, int64(r.NationCode), r.Phone,
				money(int64(r.Acctbal)), r.Comment)
		}},
		{dbgen.TCust, s.customers, func(row any) error {
			c := row.(*dbgen.Cust)
			return insert("CUSTOMER", int64(c.CustKey), c.Name, c.Address, int64(c.NationCode), c.Phone,
				money(int64(c.Acctbal)), c.MktSegment, c.Comment)
		}},
		{dbgen.TPart, s.parts, func(row any) error { return insertPart(s, row.(*dbgen.Part), insert) }},
		{dbgen.TOrder, s.orders, func(row any) error { return insertOrder(s, row.(*dbgen.Order), insert) }},
	}
	for _, step := range steps {
		if err := generate(step.table, step.count, step.load); err != nil {
			return err
		}
	}
	return nil
}

func insertPart(s sizes, p *dbgen.Part, insert func(string, ...any) error) error {
	if err := insert("PART", int64(p.PartKey), p.Name, p.Mfgr, p.Brand, p.Type, int64(p.Size), p.Container,
		money(int64(p.RetailPrice)), p.Comment); err != nil {
		return err
	}
	for n, ps := range p.S {
		if err := insert("PARTSUPP", int64(ps.PartKey), s.supplier(int64(p.PartKey), int64(n)), int64(ps.Qty),
			money(int64(ps.SCost)), ps.Comment); err != nil {
			return err
		}
	}
	return nil
}

func insertOrder(s sizes, o *dbgen.Order, insert func(string, ...any) error) error {
	if err := insert("ORDERS", int64(o.OKey), int64(o.CustKey), o.Status, money(int64(o.TotalPrice)), o.Date,
		o.OrderPriority, o.Clerk, o.ShipPriority, o.Comment); err != nil {
		return err
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if err := insert("LINEITEM", int64(l.OKey), int64(l.PartKey), s.lineSupplier(int64(l.PartKey), int64(l.SuppKey)),
			int64(l.LCnt), int64(l.Quantity), money(int64(l.EPrice)), money(int64(l.Discount)), money(int64(l.Tax)),
			l.RFlag, l.LStatus, l.SDate, l.CDate, l.RDate, l.ShipInstruct, l.ShipMode, l.Comment); err != nil {
			return err
		}
	}
	return nil
}

// money turns dbgen's cents into what SQLite stores for a NUMBER(15,2): exact to the cent up to 15 digits.
func money(cents int64) any {
	if cents%100 == 0 {
		return cents / 100
	}
	return float64(cents) / 100
}
