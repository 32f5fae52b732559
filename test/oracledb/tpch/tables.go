// Package tpch makes the rows of the TPC-H benchmark. Every value equals that of dbgen, TPC-H's own program. Only the
// comments differ: they have other words. Source: TPC Benchmark H, clauses 1.4 and 4.2.
package tpch

import "math"

// Table is a TPC-H table: its name, its columns as Oracle would declare them, and its primary key.
type Table struct {
	Name, Columns, Key string
}

// Tables are the tables in the order in which they are generated.
var Tables = []Table{
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

// sizes are the row counts of the tables that grow with the scale.
type sizes struct {
	suppliers, customers, parts, orders, clerks int64
}

// sizesAt multiplies the row counts of scale 1 and rounds them. It keeps enough suppliers for the four that each part
// needs.
func sizesAt(scale float64) sizes {
	rows := func(atScale1 float64, least int64) int64 { return max(least, int64(math.Round(atScale1*scale))) }
	return sizes{
		suppliers: rows(suppliersAtScale1, suppliersPerPart), customers: rows(150_000, 10), parts: rows(200_000, 4),
		orders: rows(1_500_000, 10), clerks: rows(1000, 1000),
	}
}

const (
	suppliersAtScale1 = 10_000
	suppliersPerPart  = 4
)

// supplierOf returns the n-th supplier (from 0) of a part. From scale 1 on it is TPC-H's formula. At a smaller scale
// that formula would give a part the same supplier several times.
func (s sizes) supplierOf(part, n int64) int64 {
	step := s.suppliers / suppliersPerPart
	if s.suppliers >= suppliersAtScale1 {
		step += (part - 1) / s.suppliers
	}
	return (part+n*step)%s.suppliers + 1
}
