// Package layertest makes small stand-ins for Oracle's client, which tests cannot have: shared libraries of a few hundred
// bytes, and a client of such libraries. Their headers are valid; they contain no code.
package layertest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Library describes a shared library.
type Library struct {
	Machine elf.Machine // 0 means x86-64
	Soname  string
	Needed  []string
	Glibc   []string // the versions of glibc's symbols that it uses, such as "GLIBC_2.14"
	Loader  string   // the loader of a program; empty for a library
}

// text is an ELF string table.
type text struct{ bytes.Buffer }

func (t *text) add(name string) uint32 {
	if t.Len() == 0 {
		t.WriteByte(0)
	}
	at := uint32(t.Len())
	t.WriteString(name)
	t.WriteByte(0)
	return at
}

const headerSize, programSize, sectionSize = 64, 56, 64

// Bytes returns the library as an ELF file.
func (l Library) Bytes() []byte {
	machine := l.Machine
	if machine == 0 {
		machine = elf.EM_X86_64
	}
	var names text
	versions := versionNeeds(&names, l.Glibc)
	dynamic := l.dynamic(&names)
	sections := []struct {
		name    string
		kind    elf.SectionType
		content []byte
		link    uint32
		info    uint32
		size    uint64 // of an entry
	}{
		{},
		{name: ".dynstr", kind: elf.SHT_STRTAB, content: names.Bytes()},
		{name: ".dynsym", kind: elf.SHT_DYNSYM, content: make([]byte, elf.Sym64Size), link: 1, info: 1, size: elf.Sym64Size},
		{name: ".gnu.version", kind: elf.SHT_GNU_VERSYM, content: make([]byte, 2), link: 2, size: 2},
		{name: ".gnu.version_r", kind: elf.SHT_GNU_VERNEED, content: versions, link: 1, info: 1},
		{name: ".dynamic", kind: elf.SHT_DYNAMIC, content: dynamic, link: 1, size: 16},
		{name: ".interp", kind: elf.SHT_PROGBITS, content: append([]byte(l.Loader), 0)},
		{name: ".shstrtab", kind: elf.SHT_STRTAB},
	}
	if len(l.Glibc) == 0 {
		sections[3].kind, sections[4].kind = elf.SHT_PROGBITS, elf.SHT_PROGBITS
	}
	var titles text
	titles.add("")
	headers := make([]elf.Section64, len(sections))
	for i := range sections[1:] {
		headers[i+1].Name = titles.add(sections[i+1].name)
	}
	sections[len(sections)-1].content = titles.Bytes()

	programs := 1
	if l.Loader != "" {
		programs = 2
	}
	start := headerSize + programs*programSize
	var body bytes.Buffer
	for i, s := range sections[1:] {
		h := &headers[i+1]
		h.Type, h.Link, h.Info, h.Entsize, h.Addralign = uint32(s.kind), s.link, s.info, s.size, 8
		h.Off, h.Size = uint64(start+body.Len()), uint64(len(s.content))
		body.Write(s.content)
		body.Write(make([]byte, -body.Len()&7))
	}
	end := uint64(start + body.Len())
	header := elf.Header64{
		Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: headerSize, Shoff: end, Ehsize: headerSize, Phentsize: programSize, Phnum: uint16(programs),
		Shentsize: sectionSize, Shnum: uint16(len(sections)), Shstrndx: uint16(len(sections) - 1),
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	header.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	size := end + uint64(len(sections))*sectionSize
	load := elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R), Filesz: size, Memsz: size, Align: 4096}

	var out bytes.Buffer
	write(&out, header, load)
	if interpreter := headers[len(headers)-2]; l.Loader != "" {
		write(&out, elf.Prog64{
			Type: uint32(elf.PT_INTERP), Off: interpreter.Off, Filesz: interpreter.Size, Memsz: interpreter.Size,
		})
	}
	out.Write(body.Bytes())
	write(&out, headers)
	return out.Bytes()
}

func (l Library) dynamic(names *text) []byte {
	var b bytes.Buffer
	for _, needed := range l.Needed {
		write(&b, elf.Dyn64{Tag: int64(elf.DT_NEEDED), Val: uint64(names.add(needed))})
	}
	if l.Soname != "" {
		write(&b, elf.Dyn64{Tag: int64(elf.DT_SONAME), Val: uint64(names.add(l.Soname))})
	}
	write(&b, elf.Dyn64{Tag: int64(elf.DT_NULL)})
	return b.Bytes()
}

// versionNeeds returns a table (Elf64_Verneed, Elf64_Vernaux) of the versions of libc.so.6 that a library needs.
func versionNeeds(names *text, versions []string) []byte {
	var b bytes.Buffer
	const entry = 16
	write(&b, uint16(1), uint16(len(versions)), names.add("libc.so.6"), uint32(entry), uint32(0))
	for i, version := range versions {
		next := uint32(entry)
		if i == len(versions)-1 {
			next = 0
		}
		write(&b, uint32(0), uint16(0), uint16(2+i), names.add(version), next)
	}
	return b.Bytes()
}

func write(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		if err := binary.Write(b, binary.LittleEndian, v); err != nil {
			panic(err) // unreachable: all values have a fixed size
		}
	}
}
