module example.com/swap

go 1.26
