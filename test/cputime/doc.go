// Package cputime measures the work of tests by the processor time of their process.
package cputime
