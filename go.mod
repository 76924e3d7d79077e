module github.com/productinfo/productinfo

go 1.26
